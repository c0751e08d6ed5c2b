"""A bus's storage with a search index on it, opened and closed by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agentchatbus.plugin_api import Storage, StorageContext
from agentchatbus.testing.contracts.search import SearchSite
from agentchatbus_fts5 import Fts5Plugin, Fts5Settings
from agentchatbus_sql import SqlitePlugin, SqliteSettings


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Storage]:
    """Open the database without search."""
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    async with offer.open(StorageContext(owner="the tests", data_dir=folder)) as storage:
        yield storage


@asynccontextmanager
async def searched(folder: Path, said: dict[str, str] | None = None, **settings: Any) -> AsyncIterator[SearchSite]:
    """Open the database with search; `said` goes on with what an earlier site said."""
    [offer] = Fts5Plugin(Fts5Settings(**settings)).register_search()
    async with sqlite(folder) as storage, offer.open(storage) as index:
        yield SearchSite(storage=storage, index=index, said=said if said is not None else {})
