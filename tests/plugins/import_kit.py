"""A database as an AgentChatBus 0.1.8 left it, with everything that can be broken in one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TEXT);
CREATE TABLE threads (id TEXT PRIMARY KEY, topic TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'discuss',
    created_at TEXT NOT NULL, updated_at TEXT, closed_at TEXT, summary TEXT, metadata TEXT, system_prompt TEXT,
    template_id TEXT);
CREATE TABLE messages (id TEXT PRIMARY KEY, thread_id TEXT NOT NULL, author TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'user', content TEXT NOT NULL, seq INTEGER NOT NULL, created_at TEXT NOT NULL,
    metadata TEXT, author_id TEXT, author_name TEXT, priority TEXT NOT NULL DEFAULT 'normal', reply_to_msg_id TEXT,
    edited_at TEXT, edit_version INTEGER NOT NULL DEFAULT 0);
CREATE TABLE message_edits (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, old_content TEXT NOT NULL,
    edited_by TEXT NOT NULL, version INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE reactions (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, agent_id TEXT, agent_name TEXT,
    reaction TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT NOT NULL, ide TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '', description TEXT, capabilities TEXT, registered_at TEXT NOT NULL,
    last_heartbeat TEXT NOT NULL, token TEXT NOT NULL, display_name TEXT, alias_source TEXT, last_activity TEXT,
    last_activity_time TEXT, skills TEXT);
CREATE TABLE thread_settings (id INTEGER PRIMARY KEY AUTOINCREMENT, thread_id TEXT NOT NULL UNIQUE,
    auto_coordinator_enabled INTEGER, timeout_seconds INTEGER NOT NULL DEFAULT 60,
    switch_timeout_seconds INTEGER, last_activity_time TEXT, auto_assigned_admin_id TEXT,
    auto_assigned_admin_name TEXT, admin_assignment_time TEXT, created_at TEXT, updated_at TEXT,
    creator_admin_id TEXT, creator_admin_name TEXT, creator_assignment_time TEXT);
CREATE TABLE thread_templates (id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, system_prompt TEXT,
    default_metadata TEXT, created_at TEXT NOT NULL, is_builtin INTEGER NOT NULL DEFAULT 0);
CREATE TABLE reply_tokens (token TEXT PRIMARY KEY, thread_id TEXT NOT NULL, agent_id TEXT, issued_at TEXT NOT NULL,
    expires_at TEXT NOT NULL, consumed_at TEXT, status TEXT NOT NULL, source TEXT NOT NULL);
CREATE TABLE seq_counter (id INTEGER PRIMARY KEY, val INTEGER NOT NULL);
CREATE VIRTUAL TABLE messages_fts USING fts5(message_id UNINDEXED, thread_id UNINDEXED, author UNINDEXED, content);
"""
AT = "2026-03-01T10:0{}:00.000000+00:00"
NOVA, ORION = "62c64f25-516c-47aa-a03d-be52ad84d96a", "9d78c2f1-3a56-4f0e-9b1e-0a2f6f1f7c11"
TOKENS = {NOVA: "a" * 64, ORION: "b" * 64}
REPLY_TOKEN = "Ne-aMF5EAJioZQgwanWOcu0QAREF50hd"
ROOM, OLD_ROOM, ARCHIVE = "room", "old-room", "archive"
PICTURE = "3f0c1d2e-0000-4000-8000-000000000001.png"

ROWS: dict[str, list[dict[str, Any]]] = {
    "agents": [
        {"id": NOVA, "name": "Cursor (Claude)", "ide": "Cursor", "model": "Claude", "token": TOKENS[NOVA],
         "registered_at": AT.format(0), "last_heartbeat": AT.format(1), "display_name": "Nova", "alias_source": "user",
         "capabilities": '["code"]', "skills": "not json", "last_activity": "msg_post"},
        {"id": ORION, "name": "Cursor (Claude)", "ide": "Cursor", "model": "Claude", "token": TOKENS[ORION],
         "registered_at": AT.format(2), "last_heartbeat": AT.format(2) + "+00:00"},
    ],
    "threads": [
        {"id": OLD_ROOM, "topic": "Room", "created_at": AT.format(0)},
        {"id": ROOM, "topic": "Room", "created_at": "2026-03-01T10:03:00Z", "system_prompt": "Be brief.",
         "metadata": '{"a": 1}', "status": "review"},
        {"id": ARCHIVE, "topic": "Kept", "created_at": AT.format(1), "status": "archived", "closed_at": AT.format(2)},
        {"id": "odd", "topic": "Odd", "created_at": "once upon a time", "status": "bogus"},
    ],
    "thread_settings": [
        {"thread_id": ROOM, "auto_coordinator_enabled": 0, "timeout_seconds": 10, "creator_admin_id": NOVA,
         "creator_admin_name": "Nova", "creator_assignment_time": AT.format(3), "auto_assigned_admin_id": ORION,
         "auto_assigned_admin_name": "Orion"},
    ],
    "messages": [
        {"id": "m1", "thread_id": ROOM, "author": "Cursor (Claude)", "author_id": NOVA,
         "author_name": "Cursor (Claude)", "role": "assistant", "content": "The refresh token expires", "seq": 131,
         "created_at": AT.format(4), "edited_at": AT.format(6), "edit_version": 1},
        {"id": "m2", "thread_id": ROOM, "author": "human", "content": "Thank you", "seq": 140,
         "created_at": AT.format(5), "reply_to_msg_id": "m1", "metadata": "{broken", "priority": "urgent"},
        {"id": "m3", "thread_id": ROOM, "author": "system", "author_id": "system", "author_name": "System",
         "role": "system", "content": "Switch?", "seq": 140, "created_at": AT.format(6),
         "metadata": '{"ui_type": "admin_switch_confirmation_required", "visibility": "human_only",'
                     ' "decision_status": "resolved"}'},
        {"id": "m4", "thread_id": ROOM, "author": "gone", "author_id": "no-such-agent", "author_name": "Ghost",
         "content": "I was here", "seq": 150, "created_at": "2026-03-01T10:07:00+00:00", "reply_to_msg_id": "nope"},
        {"id": "m5", "thread_id": OLD_ROOM, "author": "human", "content": "First room", "seq": 1,
         "created_at": AT.format(1)},
        {"id": "m6", "thread_id": "deleted-thread", "author": "human", "content": "Orphan", "seq": 2,
         "created_at": AT.format(1)},
        {"id": "m7", "thread_id": ARCHIVE, "author": "human", "content": "![x](/static/uploads/" + PICTURE + ")",
         "seq": 3, "created_at": AT.format(1), "role": "villain"},
    ],
    "message_edits": [
        {"id": "e1", "message_id": "m1", "old_content": "Teh refresh token", "edited_by": NOVA, "version": 1,
         "created_at": AT.format(6)},
        {"id": "e2", "message_id": "nope", "old_content": "x", "edited_by": "y", "version": 1,
         "created_at": AT.format(6)},
    ],
    "reactions": [
        {"id": "r1", "message_id": "m1", "agent_id": ORION, "agent_name": "Orion", "reaction": "agree",
         "created_at": AT.format(7)},
        {"id": "r2", "message_id": "m1", "agent_id": None, "agent_name": None, "reaction": "agree",
         "created_at": AT.format(7)},
        {"id": "r3", "message_id": "nope", "agent_id": ORION, "reaction": "agree", "created_at": AT.format(7)},
    ],
    "thread_templates": [
        {"id": "code-review", "name": "Code Review", "created_at": AT.format(0), "is_builtin": 1},
        {"id": "mine", "name": "Mine", "system_prompt": "Do it my way.", "default_metadata": '{"k": "v"}',
         "created_at": AT.format(0), "is_builtin": 0},
    ],
    "reply_tokens": [
        {"token": REPLY_TOKEN, "thread_id": ROOM, "agent_id": NOVA, "issued_at": AT.format(7),
         "expires_at": "9999-12-31T23:59:59+00:00", "status": "issued", "source": "msg_wait"},
        {"token": "used", "thread_id": ROOM, "agent_id": NOVA, "issued_at": AT.format(7),
         "expires_at": "9999-12-31T23:59:59+00:00", "status": "consumed", "source": "msg_wait"},
    ],
    "seq_counter": [{"id": 1, "val": 150}],
}  # fmt: skip


def write_old_database(path: Path, rows: dict[str, list[dict[str, Any]]] = ROWS) -> None:
    """Write a database of the old schema; its last rows stay in the write-ahead log."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        for table, entries in rows.items():
            for entry in entries:
                names, marks = ", ".join(entry), ", ".join("?" for _ in entry)
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(entry.values()))
        connection.commit()
