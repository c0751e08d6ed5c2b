"""Versions of the schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agentchatbus.plugin_api import StorageContext
from agentchatbus.testing.contracts.storage.base import make_participant, make_reaction, posting
from agentchatbus_sql import SqlitePlugin, SqliteSettings, migrations

VERSION_1 = Path(__file__).with_name("sql_schema_1.sql")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "bus.db", isolation_level=None)) as opened:
        yield opened


def schema(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {name: " ".join(sql.split()) for name, sql in rows}


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def make_version_1(connection: sqlite3.Connection) -> None:
    connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    connection.execute(f"PRAGMA application_id = {migrations.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")


def add_thread(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(
        "INSERT INTO threads (id, last_seq, status, created_at, topic, auto_administrator_enabled, timeout_seconds, "
        "switch_timeout_seconds) VALUES (?1, 0, 'discuss', '2026-03-01T12:00:00+00:00', 'topic of ' || ?1, 1, 60, 60)",
        (name,),
    )


def add_pinned(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE threads ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0")


def add_index(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE INDEX threads_pinned ON threads (pinned)")


def fail_half_way(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (way INTEGER)")
    raise LookupError


def test_an_old_database_ends_in_the_schema_of_a_new_one(connection: sqlite3.Connection, tmp_path: Path) -> None:
    make_version_1(connection)
    migrations.migrate(connection)
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as new:
        migrations.migrate(new)
        assert schema(new) == schema(connection)
        assert version(new) == version(connection) == 1 + len(migrations.STEPS)


def test_version_2_counts_the_messages_of_old_threads(connection: sqlite3.Connection) -> None:
    make_version_1(connection)
    add_thread(connection, "two")
    add_thread(connection, "none")
    for seq in (3, 7):
        connection.execute(
            "INSERT INTO messages (id, thread_id, seq, author, author_name, role, priority, created_at, edit_version, "
            "content) VALUES (?, 'two', ?, 'a', 'a', 'user', 'normal', '2026', 0, 'text')",
            (f"m{seq}", seq),
        )
    migrations.migrate(connection)
    counted = connection.execute("SELECT id, message_count, archived_from FROM threads ORDER BY id").fetchall()
    assert counted == [("none", 0, None), ("two", 2, None)]


async def test_an_old_database_is_served(connection: sqlite3.Connection, tmp_path: Path) -> None:
    make_version_1(connection)
    add_thread(connection, "t")
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    async with offer.open(StorageContext(owner="the tests", data_dir=tmp_path)) as storage:
        assert (await storage.write(posting("first"))).seq == 1
        await storage.write(lambda tx: tx.reactions.add(make_reaction("r", "t-1-first")))
        await storage.write(lambda tx: tx.participants.put(make_participant("a")))
        thread = await storage.read(lambda tx: tx.threads.get("t"))
        assert thread is not None
        assert thread.message_count == 1


def test_steps_that_are_missing_are_taken_in_order_and_once(connection: sqlite3.Connection) -> None:
    make_version_1(connection)
    add_thread(connection, "t")
    migrations.migrate(connection, [add_pinned])
    assert version(connection) == 2
    migrations.migrate(connection, [add_pinned, add_index])
    migrations.migrate(connection, [add_pinned, add_index])
    assert version(connection) == 3
    assert connection.execute("SELECT topic, pinned FROM threads").fetchall() == [("topic of t", 0)]
    assert "threads_pinned" in schema(connection)


def test_a_step_that_fails_leaves_the_version_before_it(connection: sqlite3.Connection) -> None:
    make_version_1(connection)
    with pytest.raises(LookupError):
        migrations.migrate(connection, [add_pinned, fail_half_way])
    assert version(connection) == 2
    assert "half" not in schema(connection)
    migrations.migrate(connection, [add_pinned, add_index])
    assert version(connection) == 3


def test_a_database_that_is_up_to_date_is_not_touched(connection: sqlite3.Connection, tmp_path: Path) -> None:
    migrations.migrate(connection)
    before = (tmp_path / "bus.db").read_bytes()
    migrations.migrate(connection)
    assert (tmp_path / "bus.db").read_bytes() == before
