"""A bus's storage in a process of its own, for tests that kill it or take its disk away.

Run with the database's path and a command; each acknowledged post is printed as its seq.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AbstractAsyncContextManager
from itertools import count
from pathlib import Path

from agentchatbus.plugin_api import MessageQuery, Storage, StorageContext, Transaction, Unavailable
from agentchatbus.testing.contracts.storage.base import adding_threads, make_thread, posting
from agentchatbus_sql import SqlitePlugin, SqliteSettings


def open_storage(path: Path) -> AbstractAsyncContextManager[Storage]:
    [offer] = SqlitePlugin(SqliteSettings(path=path)).register_storage()
    return offer.open(StorageContext(owner=f"the first server (process {os.getpid()})", data_dir=path.parent))


def count_messages(tx: Transaction) -> int:
    return len(tx.messages.page(MessageQuery(thread_id="t", limit=1_000_000)))


async def post_for_ever(storage: Storage) -> None:
    async def write(name: int) -> None:
        for number in count():
            message = await storage.write(posting(f"{name} {number}"))
            print(message.seq, flush=True)

    await storage.write(adding_threads())
    await asyncio.gather(*(write(name) for name in range(8)))


async def fill_the_disk(storage: Storage, path: Path) -> None:
    import resource

    await storage.write(adding_threads(make_thread("t")))
    log = path.with_name(f"{path.name}-wal")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 100_000, hard))
    stored = refused = 0
    for _ in range(20):
        results = await asyncio.gather(*(storage.write(posting("x" * 3_000)) for _ in range(4)), return_exceptions=True)
        stored += sum(not isinstance(result, BaseException) for result in results)
        refused += sum(isinstance(result, Unavailable) for result in results)
    kept = await storage.read(count_messages)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    last = await storage.write(posting("there is room again"))
    print(stored, refused, kept, last.seq)


async def main(path: Path, command: str) -> None:
    async with open_storage(path) as storage:
        if command == "post":
            await post_for_ever(storage)
        elif command == "fill":
            await fill_the_disk(storage, path)
        elif command == "imports":
            print("sqlmodel" in sys.modules, "sqlalchemy" in sys.modules)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
