"""What a plugin that speaks SQL gets (``storage.sql``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from agentchatbus_sql.readers import Readers
from agentchatbus_sql.writer import Writer

T = TypeVar("T")


class SqlAccess:
    """SQL on the bus's own database, by the same rules as the bus itself.

    A unit of work gets a connection inside a transaction. It uses ``execute`` only, fetches what it selects before it
    returns, and raises to undo; committing is not its business.

    Attributes:
        dialect: Which SQL this is.
        path: The database file.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, writer: Writer, readers: Readers) -> None:
        self.path = path
        self._writer = writer
        self._readers = readers

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run statements in one unit of work; the answer comes once they are on disk.

        Raises:
            Unavailable: The storage stops, or cannot write.
        """
        return await self._writer.run(lambda session: work(session.connection))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run statements that only read, on one snapshot.

        Raises:
            Unavailable: The storage stops.
        """
        return await self._readers.run(lambda session: work(session.connection))
