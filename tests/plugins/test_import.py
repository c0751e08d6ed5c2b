"""The command ``import``: what an older bus held is here, once, and the old file is as it was."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agentchatbus.app import App, open_bus
from agentchatbus.cli import main
from agentchatbus.config import Flags, load_config
from agentchatbus.plugin_api import CallerKind, Credentials, Session
from agentchatbus_import.importing import Importer, Plan
from agentchatbus_import.source import open_source
from tests.plugins.import_kit import (
    ARCHIVE,
    NOVA,
    OLD_ROOM,
    ORION,
    PICTURE,
    REPLY_TOKEN,
    ROOM,
    ROWS,
    TOKENS,
    write_old_database,
)

SAID = [row for row in ROWS["messages"] if row["thread_id"] == ROOM]

PERSON = Session(credentials=Credentials(grants=CallerKind.HUMAN, name="human"), fills_sync=True)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old" / "bus.db"
    path.parent.mkdir()
    write_old_database(path)
    return path


def run(tmp_path: Path, *arguments: str | Path) -> Result:
    command = ["import", *map(str, arguments), "--data-dir", str(tmp_path / "new")]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def opened(tmp_path: Path) -> Any:
    flags = Flags(values={"server.data_dir": str(tmp_path / "new")})
    return open_bus(load_config(None, environ={}, flags=flags))


async def ask(app: App, name: str, session: Session = PERSON, **arguments: Any) -> Any:
    return await app.operations.call(name, arguments, session)


async def messages(app: App, thread_id: str) -> list[Any]:
    found = await ask(app, "msg_list", thread_id=thread_id, include_system_prompt=False)
    return list(found)


def digest(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


async def test_every_message_is_there_with_its_old_seq_and_in_its_old_order(old: Path, tmp_path: Path) -> None:
    assert (await asyncio.to_thread(run, tmp_path, old)).exit_code == 0
    async with opened(tmp_path) as app:
        found = await messages(app, ROOM)
        thread = await ask(app, "thread_get", thread_id=ROOM)
    assert [(item.id, item.seq) for item in found] == [("m1", 131), ("m2", 140), ("m3", 141), ("m4", 150)]
    assert (thread.topic, thread.status, thread.last_seq, thread.message_count) == ("Room", "review", 150, 4)
    first, answer, card, ghost = found
    assert (first.edit_version, first.reactions[0].reaction, answer.reply_to_msg_id) == (1, "agree", "m1")
    assert (answer.priority, answer.metadata["imported_text"]) == ("urgent", "{broken")
    assert (card.is_human_only, card.metadata["decision_status"]) == (True, "resolved")
    assert (ghost.author_id, ghost.author_name, ghost.reply_to_msg_id) == ("no-such-agent", "Ghost", None)


async def test_the_next_message_goes_on_from_the_highest_seq(old: Path, tmp_path: Path) -> None:
    """H14: the next message got seq 1 beside an existing seq 1."""
    await asyncio.to_thread(run, tmp_path, old)
    async with opened(tmp_path) as app:
        posted = await ask(app, "msg_post", thread_id=ROOM, author="human", content="New",
                           expected_last_seq=None, reply_token=None)  # fmt: skip
    assert posted.message.seq == 151


async def test_search_finds_what_was_imported(old: Path, tmp_path: Path) -> None:
    await asyncio.to_thread(run, tmp_path, old)
    async with opened(tmp_path) as app:
        page = await ask(app, "msg_search", query="refresh")
    assert [found.message.id for found in page.results] == ["m1"]


async def test_agents_resume_with_their_old_tokens_and_post_with_their_old_reply_token(
    old: Path, tmp_path: Path
) -> None:
    await asyncio.to_thread(run, tmp_path, old)
    agent = Session(credentials=Credentials())
    async with opened(tmp_path) as app:
        for agent_id, token in TOKENS.items():
            back = await ask(app, "agent_resume", Session(credentials=Credentials()), agent_id=agent_id, token=token)
            assert back.id == agent_id
        posted = await ask(app, "msg_post", agent, thread_id=ROOM, author=NOVA, content="Where were we?",
                           expected_last_seq=150, reply_token=REPLY_TOKEN)  # fmt: skip
        agents = {item.id: item for item in await ask(app, "agent_list")}
    assert posted.message.author_id == NOVA
    assert {agents[NOVA].name, agents[ORION].name} == {"Cursor (Claude)", "Cursor (Claude) 2"}
    assert (agents[NOVA].display_name, agents[NOVA].skills) == ("Nova", ())


async def test_threads_keep_state_settings_and_prompt_and_no_topic_is_dropped(old: Path, tmp_path: Path) -> None:
    """H14: duplicate topics made the clean-up fail or delete a thread."""
    await asyncio.to_thread(run, tmp_path, old)
    async with opened(tmp_path) as app:
        room, older = await ask(app, "thread_get", thread_id=ROOM), await ask(app, "thread_get", thread_id=OLD_ROOM)
        archived = await ask(app, "thread_unarchive", thread_id=ARCHIVE)
        odd = await ask(app, "thread_get", thread_id="odd")
    settings = room.settings
    assert (room.topic, older.topic, room.system_prompt, dict(room.metadata)) == (
        "Room",
        "Room (2)",
        "Be brief.",
        {"a": 1},
    )
    assert (settings.auto_administrator_enabled, settings.timeout_seconds) == (False, 30)
    assert (settings.creator_admin.agent_id, settings.auto_assigned_admin) == (NOVA, None)
    assert (archived.status, odd.status) == ("discuss", "discuss")


async def test_templates_and_pictures_come_along(old: Path, tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / PICTURE).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert (await asyncio.to_thread(run, tmp_path, old, "--uploads", uploads)).exit_code == 0
    async with opened(tmp_path) as app:
        template = await ask(app, "template_get", template_id="mine")
    assert "Do it my way." in str(template)
    assert (tmp_path / "new" / "uploads" / PICTURE).read_bytes() == (uploads / PICTURE).read_bytes()


def test_the_report_counts_every_table_and_says_what_was_left_out(old: Path, tmp_path: Path) -> None:
    report = run(tmp_path, old).output
    lines = {line.split()[0]: line.split()[1:] for line in report.splitlines() if line and line[0] != "-"}
    assert lines["agents"] == ["2", "2", "0", "0"]
    assert lines["threads"] == ["4", "4", "0", "0"]
    assert lines["messages"] == ["7", "6", "0", "1"]
    assert lines["message_edits"] == ["2", "1", "0", "1"]
    assert lines["reactions"] == ["3", "2", "0", "1"]
    assert lines["reply_tokens"] == ["1", "1", "0", "0"]
    for text in ("m6", "m3: 140 -> 141", "Room (2)", "Cursor (Claude) 2", "bogus", "villain", "cannot be read"):
        assert text in report


def test_importing_twice_changes_nothing(old: Path, tmp_path: Path) -> None:
    run(tmp_path, old)
    before = dump(tmp_path)
    again = run(tmp_path, old).output
    assert dump(tmp_path) == before
    assert "messages       7      0         6              1" in again


def test_a_later_import_brings_what_is_new(old: Path, tmp_path: Path) -> None:
    run(tmp_path, old)
    newer = ROWS | {"messages": [*ROWS["messages"], ROWS["messages"][3] | {"id": "m9", "seq": 151}]}
    old.unlink()
    write_old_database(old, newer)
    run(tmp_path, old)
    assert [row[1] for row in dump(tmp_path) if row[0] == ROOM] == [131, 140, 141, 150, 151]


async def test_an_import_that_broke_off_is_completed_by_the_next_one(old: Path, tmp_path: Path) -> None:
    def break_off(rows: int) -> None:
        if rows == len(SAID):
            raise ConnectionAbortedError

    with open_source(old) as source:
        async with opened(tmp_path) as app:
            with pytest.raises(ConnectionAbortedError):
                await Importer(source, app, Plan(uploads=None, is_dry=False, advance=break_off)).run()
            assert len(await messages(app, ROOM)) == len(SAID)
    assert (await asyncio.to_thread(run, tmp_path, old)).exit_code == 0
    async with opened(tmp_path) as app:
        overview = await ask(app, "thread_overview", thread_id=ROOM)
        agent = Session(credentials=Credentials(agent_id=NOVA, token=TOKENS[NOVA]))
        moved = await ask(app, "thread_set_state", agent, thread_id=ROOM, state="done")
    assert {(item.key, item.read_seq) for item in overview.participants} >= {(NOVA, 131), ("human", 140)}
    assert moved.status == "done"


def test_a_dry_run_reports_and_stores_nothing(old: Path, tmp_path: Path) -> None:
    shown = run(tmp_path, old, "--dry-run")
    assert (shown.exit_code, "dry run" in shown.output) == (0, True)
    assert not (tmp_path / "new").exists()
    write_old_database(tmp_path / "empty.db", {})
    assert run(tmp_path, tmp_path / "empty.db").exit_code == 0
    assert run(tmp_path, old, "--dry-run").output == shown.output
    assert dump(tmp_path) == []


def test_the_old_file_is_never_changed(old: Path, tmp_path: Path) -> None:
    before = digest(old.parent)
    run(tmp_path, old)
    assert digest(old.parent) == before


def test_rows_that_only_the_write_ahead_log_holds_come_along(old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE messages SET content = 'Fresh from the log' WHERE id = 'm5'")
        connection.commit()
        assert old.with_name("bus.db-wal").stat().st_size
        run(tmp_path, old)
    assert "Fresh from the log" in str(dump(tmp_path))


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to look like one" * 100])
def test_what_is_no_database_of_an_old_bus_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bus.db"
    path.write_bytes(content)
    result = run(tmp_path, path)
    assert (result.exit_code, "Traceback" in result.output) == (2, False)
    assert str(path) in result.output


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("threads", {"created_at": 1e18, "updated_at": "9999-12-31T23:59:59-14:00", "summary": b"bytes\xff"}),
        ("threads", {"metadata": '{"a":' * 3000 + "1" + "}" * 3000}),
        ("messages", {"seq": "many", "edit_version": "some", "metadata": '{"a": NaN}'}),
        ("messages", {"seq": 2**62, "edited_at": -1e18, "metadata": '{"a": "\\ud800"}', "author_id": b"x\xff"}),
        ("message_edits", {"version": "first", "created_at": 1e300}),
        ("reactions", {"created_at": "0001-01-01T00:00:00+14:00", "agent_name": b"\xff"}),
        ("agents", {"last_heartbeat": 1e18, "skills": "[" * 500 + "]" * 500}),
        ("thread_settings", {"timeout_seconds": "long", "switch_timeout_seconds": 2**62}),
    ],
)
def test_a_value_that_cannot_be_read_does_not_stop_the_import(
    table: str, values: dict[str, Any], tmp_path: Path
) -> None:
    rows = {**ROWS, table: [{**ROWS[table][0], **values}, *ROWS[table][1:]]}
    write_old_database(tmp_path / "bus.db", rows)
    result = run(tmp_path, tmp_path / "bus.db")
    assert result.exit_code == 0, result.output
    assert "cannot be" in result.output


def test_a_missing_file_a_folder_and_a_database_of_our_own_are_refused(tmp_path: Path) -> None:
    assert "there is no such file" in run(tmp_path, tmp_path / "nope.db").output
    assert f"{tmp_path}: this is a folder." in run(tmp_path, tmp_path).output
    empty = tmp_path / "old.db"
    write_old_database(empty, {})
    assert run(tmp_path, empty).exit_code == 0
    assert "nothing to import" in run(tmp_path, tmp_path / "new" / "bus.db").output


def test_no_token_is_stored_as_it_is(old: Path, tmp_path: Path) -> None:
    report = run(tmp_path, old).output
    bytes_ = b"".join(path.read_bytes() for path in (tmp_path / "new").iterdir() if path.is_file())
    for token in (*TOKENS.values(), REPLY_TOKEN):
        assert token.encode() not in bytes_
        assert token not in report


def dump(tmp_path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(tmp_path / "new" / "bus.db")) as connection:
        return connection.execute("SELECT thread_id, seq, id, content FROM messages ORDER BY 1, 2").fetchall()
