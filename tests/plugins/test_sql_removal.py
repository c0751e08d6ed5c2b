"""Removing threads from SQLite: in steps, and in the end from the bytes of the files."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from agentchatbus.plugin_api import Conflict, Storage, StorageContext, Transaction, freeze
from agentchatbus.testing.contracts.storage.base import (
    SomethingHappened,
    adding_threads,
    at,
    make_edit,
    make_message,
    make_participant,
    make_reaction,
    make_thread,
    make_token,
    posting,
)
from agentchatbus_sql import SqlitePlugin, SqliteSettings, removals, scrubbing

GONE = ["gone-1", "gone-2", "gone-3"]
KEPT = ["kept-1", "kept-2"]
STEPS_AT_MOST = 1000


@pytest.fixture
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removals, "STEP_SECONDS", 0.0)
    monkeypatch.setattr(removals, "MESSAGES_AT_ONCE", 3)
    monkeypatch.setattr(removals, "ROWS_AT_ONCE", 3)


def open_storage(folder: Path, **settings: int) -> AbstractAsyncContextManager[Storage]:
    [offer] = SqlitePlugin(SqliteSettings(**settings)).register_storage()
    return offer.open(StorageContext(owner="the tests", data_dir=folder))


def secret(name: str) -> str:
    return f"SECRET-of-{name};"


def make_secret_thread(name: str) -> Callable[[Transaction], None]:
    text = secret(name)
    return adding_threads(
        make_thread(name, topic=f"{text} topic", system_prompt=text * 200, summary=text, metadata=freeze({"a": text}))
    )


def speaking(name: str, chance: random.Random) -> Callable[[Transaction], None]:
    """Return a unit of work that says, edits and reacts, in texts of all lengths."""

    def work(tx: Transaction) -> None:
        thread = tx.threads.get(name)
        assert thread is not None
        text, seq = secret(name), thread.last_seq + 1
        lengths = (1, 8, 60, 500)
        message = make_message(seq, name, content=text * chance.choice(lengths), metadata=freeze({"a": text}))
        tx.messages.append(message)
        tx.events.append(SomethingHappened(thread_id=name, value=message.content), at(seq))
        tx.tokens.add(make_token(f"{name}-{seq}", thread_id=name))
        tx.participants.put(make_participant(f"{text} {seq % 5}", name, name=text, read_seq=seq))
        old = tx.messages.get(f"{name}-{chance.randint(1, seq)}")
        assert old is not None
        version = old.edit_version + 1
        tx.messages.add_edit(replace(make_edit(old.id, version), old_content=old.content))
        tx.messages.update(replace(old, content=text * chance.choice(lengths), edit_version=version))
        tx.reactions.add(make_reaction(f"{name}-{seq}", message.id, reaction=text))

    return work


def traces(folder: Path, names: list[str]) -> dict[str, list[str]]:
    """Return the files in which the text of a thread can still be found."""
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    found = {name: [file for file, content in contents.items() if secret(name).encode() in content] for name in names}
    return {name: files for name, files in found.items() if files}


def rows_of(path: Path, thread_id: str) -> dict[str, int]:
    """Return how many rows of each table name a thread or one of its messages."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return {table: number for table, number in _counts(connection, thread_id) if number}


def _counts(connection: sqlite3.Connection, thread_id: str) -> Iterator[tuple[str, int]]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        named = " OR ".join(f"CAST({column} AS TEXT) LIKE ?1 || '%'" for column in columns)
        yield table, connection.execute(f"SELECT count(*) FROM {table} WHERE {named}", (thread_id,)).fetchone()[0]


async def fill(storage: Storage, rounds: int = 40) -> None:
    chance = random.Random(7)
    for name in (*GONE, *KEPT):
        await storage.write(make_secret_thread(name))
    for _ in range(rounds):
        await asyncio.gather(*(storage.write(speaking(name, chance)) for name in (*GONE, *KEPT)))


async def purge(storage: Storage) -> int:
    """Let the upkeep run until nothing is left, and return how often it was asked."""
    for asked in range(STEPS_AT_MOST):
        if not await storage.prune(events_before=at(0), tokens_before=at(0), answers_before=at(0)):
            return asked
    raise AssertionError("Pruning does not end.")


async def test_a_scrubbed_thread_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await fill(storage)
        assert set(traces(tmp_path, GONE)) == set(GONE)
        for name in GONE:
            await storage.write(lambda tx, name=name: tx.threads.remove(name))
            await storage.write(speaking(KEPT[0], random.Random(1)))
        await storage.scrub()
        assert traces(tmp_path, GONE) == {}
        assert set(traces(tmp_path, KEPT)) == set(KEPT)
        assert [rows_of(tmp_path / "bus.db", name) for name in GONE] == [{}] * len(GONE)
        thread = await storage.read(lambda tx: tx.threads.get(KEPT[0]))
        assert thread is not None
        assert thread.message_count == 40 + len(GONE)


async def test_the_rows_of_a_removed_thread_go_step_by_step(tmp_path: Path, in_small_steps: None) -> None:
    async with open_storage(tmp_path) as storage:
        await fill(storage, rounds=7)
        before = rows_of(tmp_path / "bus.db", "kept-1")
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        left = rows_of(tmp_path / "bus.db", "gone-1")
        assert left["messages"] == 4
        assert left["events"] == left["reply_tokens"] == 7
        assert "participants" not in left
        assert await purge(storage) > 10
        assert rows_of(tmp_path / "bus.db", "gone-1") == {}
        assert rows_of(tmp_path / "bus.db", "kept-1") == before


async def test_a_removal_goes_on_after_a_restart(tmp_path: Path, in_small_steps: None) -> None:
    async with open_storage(tmp_path) as storage:
        await fill(storage, rounds=7)
        for name in GONE:
            await storage.write(lambda tx, name=name: tx.threads.remove(name))
    async with open_storage(tmp_path) as storage:
        assert await storage.read(lambda tx: [tx.threads.get(name) for name in GONE]) == [None] * len(GONE)
        assert await storage.read(lambda tx: tx.messages.get("gone-1-7")) is None
        await purge(storage)
        assert [rows_of(tmp_path / "bus.db", name) for name in GONE] == [{}] * len(GONE)


async def test_others_write_between_the_steps_of_a_removal(tmp_path: Path, in_small_steps: None) -> None:
    async with open_storage(tmp_path) as storage:
        await fill(storage, rounds=7)
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        scrubbing_ = asyncio.create_task(storage.scrub())
        posted = [await storage.write(posting(str(number), "kept-1")) for number in range(5)]
        await scrubbing_
        assert [message.seq for message in posted] == [8, 9, 10, 11, 12]


async def test_triggers_of_plugins_see_each_message_that_goes(tmp_path: Path) -> None:
    def create(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE seen (number INTEGER)")
        connection.execute(
            "CREATE TRIGGER see AFTER DELETE ON messages BEGIN INSERT INTO seen VALUES (old.number); END"
        )

    async with open_storage(tmp_path) as storage:
        await storage.sql.write(create)
        await fill(storage, rounds=3)
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        await purge(storage)
        count = "SELECT count(DISTINCT number) FROM seen"
        assert await storage.sql.read(lambda connection: connection.execute(count).fetchone()) == (3,)


async def test_temporary_triggers_of_plugins_outlive_scrubbing(tmp_path: Path) -> None:
    def create(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE seen (number INTEGER)")
        connection.execute(
            "CREATE TEMP TRIGGER see AFTER INSERT ON main.messages BEGIN INSERT INTO seen VALUES (new.number); END"
        )

    async with open_storage(tmp_path) as storage:
        await storage.sql.write(create)
        await fill(storage, rounds=1)
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        await storage.scrub()
        await storage.write(posting("seen", "kept-1"))
        count = "SELECT count(*) FROM seen"
        assert await storage.sql.read(lambda connection: connection.execute(count).fetchone()) == (6,)


async def test_a_thread_can_take_the_topic_of_one_that_is_being_removed(tmp_path: Path, in_small_steps: None) -> None:
    async with open_storage(tmp_path) as storage:
        await fill(storage, rounds=7)
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        await storage.write(adding_threads(make_thread("new", topic=f"{secret('gone-1')} topic")))
        await storage.write(adding_threads(make_thread("odd", topic="gone-2")))
        await storage.write(lambda tx: tx.threads.remove("gone-2"))
        taken = await storage.read(lambda tx: tx.threads.by_topic("gone-2"))
        assert taken is not None
        assert taken.id == "odd"
        with pytest.raises(Conflict):
            await storage.write(adding_threads(make_thread("gone-1", topic="too early")))


async def test_a_large_file_is_not_written_anew_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_storage(tmp_path, compact_below_mb=0) as storage:
        await fill(storage)
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        with caplog.at_level(logging.WARNING):
            await storage.scrub()
        assert "too large" in caplog.text
        assert (tmp_path / "bus.db-wal").stat().st_size == 0
        assert rows_of(tmp_path / "bus.db", "gone-1") == {}
        assert await storage.read(lambda tx: tx.documents.get("sqlite", "residue")) is not None
    async with open_storage(tmp_path) as storage:
        await storage.scrub()
        assert await storage.read(lambda tx: tx.documents.get("sqlite", "residue")) is None


async def test_a_reader_that_stays_only_delays_the_emptying_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scrubbing, "TRIES", 2)
    monkeypatch.setattr(scrubbing, "PAUSE_SECONDS", 0.0)
    async with open_storage(tmp_path) as storage:
        await fill(storage, rounds=1)
        await storage.write(lambda tx: tx.threads.remove("gone-1"))
        with closing(sqlite3.connect(tmp_path / "bus.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM messages").fetchone()
            with caplog.at_level(logging.WARNING):
                await storage.scrub()
            assert "Another program reads" in caplog.text
            assert (await storage.write(posting("goes on", "kept-1"))).seq == 2
            assert "gone-1" in traces(tmp_path, GONE)
        await storage.scrub()
        assert "gone-1" not in traces(tmp_path, GONE)


async def test_scrubbing_waits_for_nobody_and_harms_no_writer(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
        works = [storage.scrub() if number % 5 == 0 else storage.write(posting(str(number))) for number in range(20)]
        await asyncio.gather(*works)
        assert await storage.read(lambda tx: tx.messages.get("t-16-19")) is not None


async def test_what_is_there_already_is_a_conflict_in_words(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
        with pytest.raises(Conflict, match="with the same topic exists already"):
            await storage.write(adding_threads(make_thread("other", topic="topic of t")))
