"""The writer thread: groups, savepoints, checkpoints; and readers beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import Event, MessageQuery, Storage, StorageContext, Unavailable
from agentchatbus.testing.contracts.storage.base import adding_threads, posting
from agentchatbus_sql import SqlitePlugin, SqliteSettings, writer
from agentchatbus_sql.readers import Readers


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    [offer] = SqlitePlugin(SqliteSettings(busy_timeout_seconds=0.05)).register_storage()
    async with offer.open(StorageContext(owner="the tests", data_dir=tmp_path)) as opened:
        await opened.write(adding_threads())
        yield opened


async def test_many_writers_share_few_commits(storage: Storage) -> None:
    commits: list[Sequence[Event]] = []
    storage.on_commit(commits.append)
    await asyncio.gather(*(storage.write(posting(str(number))) for number in range(500)))
    assert sum(len(events) for events in commits) == 500
    assert len(commits) < 50


async def test_a_long_queue_is_answered_in_several_commits(storage: Storage) -> None:
    commits: list[Sequence[Event]] = []
    storage.on_commit(commits.append)
    await asyncio.gather(*(storage.write(posting(str(number))) for number in range(3 * writer.GROUP_LIMIT)))
    assert max(len(events) for events in commits) <= writer.GROUP_LIMIT


async def test_commits_reach_the_disk_before_they_are_answered(storage: Storage) -> None:
    def pragma(name: str) -> Any:
        return lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0]

    full = 2
    assert await storage.sql.write(pragma("synchronous")) == full
    assert await storage.sql.write(pragma("journal_mode")) == "wal"
    assert await storage.sql.write(pragma("foreign_keys")) == 1


async def test_only_the_writer_checkpoints(storage: Storage) -> None:
    checkpoint = "PRAGMA wal_autocheckpoint"
    assert await storage.sql.read(lambda connection: connection.execute(checkpoint).fetchone()[0]) == 0
    assert await storage.sql.write(lambda connection: connection.execute(checkpoint).fetchone()[0]) > 0
    with pytest.raises(sqlite3.OperationalError):
        await storage.sql.read(lambda connection: connection.execute("DELETE FROM messages"))


async def test_an_idle_writer_copies_the_log_back(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = threading.Event()

    def trace(statement: str) -> None:
        if statement == "PRAGMA wal_checkpoint(PASSIVE)":
            copied.set()

    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.01)
    await storage.sql.write(lambda connection: connection.set_trace_callback(trace))
    await storage.write(posting("something to copy"))
    assert await asyncio.to_thread(copied.wait, 60)
    assert (await storage.write(posting("and on"))).seq == 2


async def test_a_plugin_cannot_end_the_transaction_that_it_shares(storage: Storage) -> None:
    attempts: list[Any] = [
        lambda connection: connection.commit(),
        lambda connection: connection.rollback(),
        lambda connection: connection.executescript("SELECT 1; SELECT 2"),
        lambda connection: connection.__enter__(),
    ]
    beside = [storage.write(posting(str(number))) for number in range(3)]
    tried = [storage.sql.write(attempt) for attempt in attempts]
    results = await asyncio.gather(*beside, *tried, return_exceptions=True)
    assert [type(result) for result in results[3:]] == [sqlite3.ProgrammingError] * len(attempts)
    assert len(await storage.read(lambda tx: tx.messages.page(MessageQuery(thread_id="t")))) == 3


async def test_a_plugins_tables_share_the_bus_transaction(storage: Storage) -> None:
    def create(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE seen (seq INTEGER)")
        connection.execute("CREATE TRIGGER see AFTER INSERT ON messages BEGIN INSERT INTO seen VALUES (new.seq); END")

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM seen")
        raise LookupError

    await storage.sql.write(create)
    await storage.write(posting("seen"))
    with pytest.raises(LookupError):
        await storage.sql.write(fail)
    assert await storage.sql.read(lambda connection: connection.execute("SELECT seq FROM seen").fetchall()) == [(1,)]


async def test_another_program_that_writes_makes_writers_wait_then_refuses_them(storage: Storage) -> None:  # H04
    other = sqlite3.connect(storage.sql.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="nothing was stored"):
            await storage.write(posting("too early"))
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert (await storage.write(posting("now"))).seq == 1


async def test_readers_never_see_a_lower_seq_appear_after_a_higher_one(storage: Storage) -> None:
    async def write() -> list[int]:
        for number in range(25):
            await storage.write(posting(str(number)))
        return []

    async def follow() -> list[int]:
        seen: list[int] = []
        while len(seen) < 100:
            seen += await page_after(storage, seen[-1] if seen else 0)
        return seen

    _, _, _, _, *readers = await asyncio.gather(*(write() for _ in range(4)), *(follow() for _ in range(3)))
    assert readers == [list(range(1, 101))] * 3


async def test_a_read_is_one_snapshot(storage: Storage) -> None:
    loop = asyncio.get_running_loop()

    def twice(connection: sqlite3.Connection) -> tuple[int, int]:
        statement = "SELECT count(*) FROM messages"
        before = connection.execute(statement).fetchone()[0]
        asyncio.run_coroutine_threadsafe(storage.write(posting("in between")), loop).result(10)
        return before, connection.execute(statement).fetchone()[0]

    assert await storage.sql.read(twice) == (0, 0)
    assert await storage.sql.read(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)
    assert len(await page_after(storage, 0)) == 1


async def test_a_cancelled_read_does_not_disturb_later_ones(storage: Storage) -> None:
    tasks = [asyncio.create_task(page_after(storage, 0)) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await page_after(storage, 0) == []


async def page_after(storage: Storage, seq: int) -> list[int]:
    query = MessageQuery(thread_id="t", after_seq=seq, limit=7)
    return [message.seq for message in await storage.read(lambda tx: tx.messages.page(query))]


async def test_a_reader_whose_end_failed_reads_on() -> None:
    class Faulty(sqlite3.Connection):
        """Fails once at the end of a transaction."""

        fails = True

        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            if sql == "COMMIT" and self.fails:
                self.fails = False
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *arguments)

    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=Faulty)
    readers = Readers([connection], asyncio.get_running_loop())

    def one(session: Any) -> Any:
        return session.connection.execute("SELECT 1 FROM sqlite_master UNION SELECT 2").fetchall()

    try:
        with pytest.raises(sqlite3.OperationalError):
            await readers.run(one)
        assert await readers.run(one) == [(2,)]
    finally:
        readers.close()
        connection.close()
