"""SQLite storage when the process dies or the disk is full."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from agentchatbus.plugin_api import (
    ConfigError,
    Message,
    MessageQuery,
    Storage,
    StorageContext,
    Transaction,
    Unavailable,
)
from agentchatbus.testing.contracts.storage.base import adding_threads, posting
from agentchatbus_sql import SqlitePlugin, SqliteSettings

PROCESS = Path(__file__).with_name("sql_process.py")
LONG = 1_000_000


def open_storage(path: Path) -> AbstractAsyncContextManager[Storage]:
    [offer] = SqlitePlugin(SqliteSettings(path=path)).register_storage()
    return offer.open(StorageContext(owner="the second server", data_dir=path.parent))


def start(path: Path, command: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, str(PROCESS), str(path), command]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def seqs(tx: Transaction) -> list[int]:
    return [message.seq for message in tx.messages.page(MessageQuery(thread_id="t", limit=LONG))]


async def test_a_killed_server_loses_nothing_it_acknowledged_and_leaves_no_lock(tmp_path: Path) -> None:  # H02, H05
    path = tmp_path / "bus.db"
    with start(path, "post") as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(300)]
        with pytest.raises(ConfigError, match=rf"in use by the first server \(process {process.pid}\)"):
            await open_storage(path).__aenter__()
        process.kill()
        rest = process.stdout.read().split("\n")[:-1]
    acknowledged += [int(line) for line in rest]
    async with open_storage(path) as storage:
        stored = await storage.read(seqs)
        events = await storage.read(lambda tx: tx.events.after(0, LONG))
        assert set(acknowledged) <= set(stored)
        assert stored == list(range(1, len(stored) + 1))
        assert [event.payload["seq"] for event in events] == stored
        assert (await storage.write(posting("next"))).seq == len(stored) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_refuses_whole_commits_and_serving_goes_on(tmp_path: Path) -> None:
    with start(tmp_path / "bus.db", "fill") as process:
        output, _ = process.communicate()
    stored, refused, kept, last_seq = (int(word) for word in output.split())
    assert stored + refused == 80
    assert stored > 0
    assert refused > 0
    assert kept == stored
    assert last_seq == stored + 1


async def test_a_unit_of_work_that_finds_no_room_is_refused_with_those_beside_it(tmp_path: Path) -> None:
    async with open_storage(tmp_path / "bus.db") as storage:
        await storage.write(adding_threads())
        used = await storage.sql.read(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
        await set_limit(storage, used + 20)
        works = [posting(text) for text in ("a", "x" * 1_000_000, "b", "y" * 1_000_000)]
        results = await asyncio.gather(*(storage.write(work) for work in works), return_exceptions=True)
        stored = [result.seq for result in results if isinstance(result, Message)]
        refused = [result for result in results if isinstance(result, Unavailable)]
        assert len(stored) + len(refused) == len(works)
        assert len(refused) >= 2
        assert all("full" in str(error) for error in refused)
        assert await storage.read(seqs) == stored == list(range(1, len(stored) + 1))
        assert (await storage.write(posting("small enough"))).seq == len(stored) + 1
        await set_limit(storage, 1_000_000)
        assert (await storage.write(works[1])).seq == len(stored) + 2


async def set_limit(storage: Storage, pages: int) -> None:
    statement = f"PRAGMA max_page_count = {pages}"
    await storage.sql.write(lambda connection: connection.execute(statement).fetchone())
