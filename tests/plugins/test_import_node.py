"""The command ``import`` on a database of the Node version, ``bus-ts.db``, whose tables differ."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agentchatbus.plugin_api import Credentials, Session
from tests.plugins.test_import import ask, messages, opened, run

TOKEN, REPLY_TOKEN = "c" * 64, "Xk3-pQ9mVb7tR2sLw8yZ0aCdEfGhIjKl"
DATABASE = f"""
CREATE TABLE threads (id TEXT PRIMARY KEY, topic TEXT, status TEXT, created_at TEXT, workspace TEXT);
CREATE TABLE messages (id TEXT PRIMARY KEY, thread_id TEXT, seq INTEGER, author TEXT, author_id TEXT, author_name TEXT,
    author_emoji TEXT, role TEXT, content TEXT, created_at TEXT, metadata TEXT, edit_version INTEGER);
CREATE TABLE human_only_messages (id TEXT PRIMARY KEY, thread_id TEXT, author TEXT, author_name TEXT, role TEXT,
    content TEXT, created_at TEXT, metadata TEXT, anchor_seq INTEGER, anchor_order INTEGER);
CREATE TABLE message_edits (message_id TEXT, version INTEGER, old_content TEXT, edited_by TEXT, created_at TEXT);
CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT, ide TEXT, model TEXT, token TEXT, emoji TEXT, is_online INTEGER,
    last_heartbeat TEXT);
CREATE TABLE templates (id TEXT PRIMARY KEY, name TEXT, system_prompt TEXT, is_builtin INTEGER);
CREATE TABLE thread_settings (thread_id TEXT PRIMARY KEY, timeout_seconds INTEGER, creator_admin_id TEXT);
CREATE TABLE reply_tokens (token TEXT PRIMARY KEY, thread_id TEXT, agent_id TEXT, issued_at INTEGER, status TEXT,
    source TEXT);
CREATE TABLE state_snapshots (id INTEGER, state BLOB);
INSERT INTO threads VALUES ('room', 'Room', 'review', '2026-04-01T10:00:00.123Z', '/tmp');
INSERT INTO messages VALUES
    ('m1', 'room', 7, 'Nova', 'nova', 'Nova', '🦊', 'assistant', 'Hello', '2026-04-01T10:01:00.5Z', NULL, 1),
    ('m2', 'room', 9, 'human', NULL, 'human', '👤', 'user', 'Yes?', '2026-04-01T10:02:00Z', '{{"a": 1}}', 0);
INSERT INTO human_only_messages VALUES
    ('h2', 'room', 'system', 'System', 'system', 'Keep', '2026-04-01T10:04:00Z', NULL, 9, 2),
    ('h1', 'room', 'system', 'System', 'system', 'Switch?', '2026-04-01T10:03:00Z', '{{"ui_type": "card"}}', 9, 1);
INSERT INTO message_edits VALUES ('m1', 1, 'Helo', 'Nova', '2026-04-01T10:01:30Z');
INSERT INTO agents VALUES ('nova', 'Nova', 'Cursor', 'M', '{TOKEN}', '🦊', 1, '2026-04-01T10:00:00Z');
INSERT INTO templates VALUES ('mine', 'Mine', 'Do it my way.', 0);
INSERT INTO thread_settings VALUES ('room', 45, 'nova');
INSERT INTO reply_tokens VALUES ('{REPLY_TOKEN}', 'room', 'nova', 1775037600000, 'issued', 'msg_post_chain');
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "bus-ts.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DATABASE)
    return path


async def test_threads_of_the_node_version_come_with_what_stood_beside_them(old: Path, tmp_path: Path) -> None:
    assert (await asyncio.to_thread(run, tmp_path, old)).exit_code == 0
    async with opened(tmp_path) as app:
        found = await messages(app, "room")
        thread = await ask(app, "thread_get", thread_id="room")
        history = await ask(app, "msg_edit_history", message_id="m1")
        template = await ask(app, "template_get", template_id="mine")
    assert [(item.id, item.seq, item.author_id, item.is_human_only) for item in found] == [
        ("m1", 7, "nova", False),
        ("m2", 9, None, False),
        ("h1", 10, "system", True),
        ("h2", 11, "system", True),
    ]
    assert (thread.settings.timeout_seconds, thread.settings.creator_admin.agent_id) == (45, "nova")
    assert ([edit.old_content for edit in history.edits], template.system_prompt) == (["Helo"], "Do it my way.")


async def test_agents_of_the_node_version_go_on_with_their_tokens(old: Path, tmp_path: Path) -> None:
    await asyncio.to_thread(run, tmp_path, old)
    agent = Session(credentials=Credentials())
    async with opened(tmp_path) as app:
        back = await ask(app, "agent_resume", agent, agent_id="nova", token=TOKEN)
        posted = await ask(app, "msg_post", agent, thread_id="room", author="nova", content="Back",
                           expected_last_seq=11, reply_token=REPLY_TOKEN)  # fmt: skip
    assert (back.emoji, posted.message.seq, posted.message.author_id) == ("🦊", 12, "nova")


def test_the_report_counts_what_had_no_number_each_time(old: Path, tmp_path: Path) -> None:
    counts = [run(tmp_path, old).output.split("messages")[1].split()[:4] for _ in range(2)]
    assert counts == [["4", "4", "0", "0"], ["4", "0", "4", "0"]]
