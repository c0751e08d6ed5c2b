"""The storage port on one SQLite file."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentchatbus.plugin_api import CommitListener, Storage, StorageContext, Transaction
from agentchatbus_sql import checks, database, lock, pruning, removals, scrubbing
from agentchatbus_sql.access import SqlAccess
from agentchatbus_sql.readers import Readers
from agentchatbus_sql.writer import Writer

if TYPE_CHECKING:
    from agentchatbus_sql import SqliteSettings

logger = logging.getLogger(__name__)

T = TypeVar("T")


class SqliteStorage(Storage):
    """Units of work on the writer's thread or on a reader's."""

    def __init__(self, path: Path, writer: Writer, readers: Readers, compact_below: int) -> None:
        self.sql = SqlAccess(path, writer, readers)
        self.location = str(path)
        self._writer = writer
        self._readers = readers
        self._compact_below = compact_below

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._readers.run(lambda session: work(session.transaction))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self._writer.run(lambda session: work(session.transaction))

    def depths(self) -> Mapping[str, int]:
        return {"writer": self._writer.waiting}

    def on_commit(self, listener: CommitListener) -> None:
        self._writer.listen(listener)

    async def prune(self, *, events_before: datetime, tokens_before: datetime, answers_before: datetime) -> int:
        return await self._writer.run(
            lambda session: (
                pruning.prune(session.connection, events_before, tokens_before, answers_before)
                + removals.purge(session.connection)
            )
        )

    async def scrub(self) -> None:
        """Delete all that removed threads left, and wipe it from the files as `scrubbing` describes."""
        while await self._purge():
            pause = removals.STEP_SECONDS  # others write as long as this does
            await asyncio.sleep(pause)
        if not await self._writer.run(lambda session: scrubbing.is_due(session.connection)):
            return
        below = self._compact_below
        is_compact = await self._writer.run_alone(lambda session: scrubbing.compact(session.connection, below))
        if await self._empty_log() and is_compact:
            await self._writer.run(lambda session: scrubbing.forget(session.connection))

    async def _purge(self) -> int:
        return await self._writer.run(lambda session: removals.purge(session.connection))

    async def _empty_log(self) -> bool:
        for _ in range(scrubbing.TRIES):
            if await self._writer.run_alone(lambda session: scrubbing.empty_log(session.connection)):
                return True
            await asyncio.sleep(scrubbing.PAUSE_SECONDS)
        logger.warning("Another program reads %s, so its log keeps old pages for now", self.location)
        return False


@asynccontextmanager
async def open_storage(settings: SqliteSettings, context: StorageContext) -> AsyncIterator[SqliteStorage]:
    """Open the database for as long as the context lasts.

    Opening and closing block the loop on purpose: nobody is served yet or any more, and a stop that is cancelled
    half-way must not leave the file open.

    Raises:
        ConfigError: The file cannot be used; the message says why and what to do.
    """
    checks.require_usable_sqlite()
    path = database.locate(settings.path, context.data_dir)
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        stack.enter_context(lock.exclusive(path, context.owner))
        writer = Writer(database.connect_writer(path, settings.busy_timeout_seconds), loop)
        stack.callback(writer.close)
        connections = [
            stack.enter_context(closing(database.connect_reader(path, settings.busy_timeout_seconds)))
            for _ in range(settings.readers)
        ]
        readers = Readers(connections, loop)
        stack.callback(readers.close)
        logger.debug("Opened %s with SQLite %s", path, sqlite3.sqlite_version)
        yield SqliteStorage(path, writer, readers, settings.compact_below_mb * 2**20)
