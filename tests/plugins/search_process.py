"""A database with search in a process of its own, for a test that kills it while old words are swept out.

Run with a folder; prints a line for each part of the index that is to be swept, and then waits to be killed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from pathlib import Path

from agentchatbus_fts5 import shards
from tests.plugins.search_kit import searched, settled

SECRET = "zanzibar"
BITS = 4
SWEPT = 3
"""Parts that are swept before the process stops."""


def sweep_some_and_hang(connection: sqlite3.Connection, shard: int, *, swept: list[int]) -> bool:
    """Sweep a part as ever; after some of them with old words in them hang in the middle of the next one."""
    [traces] = connection.execute("SELECT traces FROM fts5_shards WHERE shard = ?", (shard,)).fetchone()
    done = discard_if_empty(connection, shard)
    if not traces:
        return done
    swept.append(shard)
    print(shard, flush=True)
    if len(swept) > SWEPT:
        time.sleep(600)
    return done


async def main(folder: Path) -> None:
    swept: list[int] = []
    shards.discard_if_empty = lambda connection, shard: sweep_some_and_hang(connection, shard, swept=swept)
    async with searched(folder, is_settled=True, sweep_after_seconds=0) as site:
        for number in range(100):
            await site.say(f"{SECRET} number {number}", "u")
            await site.say(f"word {number}", "t")
        await settled(site.storage)
        await site.remove_thread("u")
        await asyncio.Event().wait()


if __name__ == "__main__":
    shards.BITS = BITS
    discard_if_empty = shards.discard_if_empty
    asyncio.run(main(Path(sys.argv[1])))
