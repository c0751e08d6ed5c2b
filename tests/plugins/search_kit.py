"""A bus's storage with a search index on it, opened and closed by hand."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agentchatbus.plugin_api import SearchIndex, SearchOffer, SearchPage, SearchQuery, Storage, StorageContext
from agentchatbus.testing.contracts.search import SearchSite
from agentchatbus_fts5 import Fts5Plugin, Fts5Settings, keeping
from agentchatbus_sql import SqlitePlugin, SqliteSettings

PATIENCE = 60
"""Seconds after which a test that waits in vain fails."""


class SettledIndex(SearchIndex):
    """Answers when all messages are in the index, and none is only noted."""

    def __init__(self, index: SearchIndex, storage: Storage) -> None:
        self._index = index
        self._storage = storage

    async def query(self, query: SearchQuery) -> SearchPage:
        await settled(self._storage)
        return await self._index.query(query)


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Storage]:
    """Open the database without search."""
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    async with offer.open(StorageContext(owner="the tests", data_dir=folder)) as storage:
        yield storage


@asynccontextmanager
async def searched(
    folder: Path, said: dict[str, str] | None = None, *, is_settled: bool = False, **settings: Any
) -> AsyncIterator[SearchSite]:
    """Open the database with search.

    Args:
        folder: Where it is.
        said: Goes on with what an earlier site said.
        is_settled: Let queries and the end wait until all messages are in the index; else most are only noted.
        settings: Those of the plugin.
    """
    [offer] = Fts5Plugin(Fts5Settings(**settings)).register_search()
    offer = settling(offer) if is_settled else offer
    async with sqlite(folder) as storage, offer.open(storage) as index:
        yield SearchSite(storage=storage, index=index, said=said if said is not None else {})


def settling(offer: SearchOffer) -> SearchOffer:
    """Return an offer whose index waits until all messages are in it, which then takes no time."""

    @asynccontextmanager
    async def opened(storage: Storage) -> AsyncIterator[SearchIndex]:
        known = keeping.FOLD_AT
        keeping.FOLD_AT = 1
        try:
            async with offer.open(storage) as index:
                yield SettledIndex(index, storage)
                await settled(storage)
        finally:
            keeping.FOLD_AT = known

    return SearchOffer(name=offer.name, priority=offer.priority, supports=offer.supports, open=opened)


async def settled(storage: Storage) -> None:
    """Wait until every message is in the index."""

    async def is_settled() -> bool:
        return await count(storage, "fts5_tail") == 0

    await until(is_settled)


async def count(storage: Storage, table: str) -> int:
    """Return how many rows a table has."""

    def work(connection: sqlite3.Connection) -> int:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number

    return int(await storage.sql.read(work))


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the work beside the bus has come so far."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(0)
