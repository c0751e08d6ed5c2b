"""Looking at a database file without changing it, also where nothing can be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from agentchatbus_sql import faults
from agentchatbus_sql.lock import holder


@contextmanager
def looking(database: Path) -> Iterator[sqlite3.Connection]:
    """Hold a connection that only reads.

    SQLite reads a database with a write-ahead log only where it can make the log's index beside it. A full disk or a
    read-only folder has no place for that; then the file is read by itself, provided that everything is in it.

    Raises:
        sqlite3.Error: It cannot be read, now or ever.
    """
    uri = f"{database.absolute().as_uri()}?mode=ro"
    if not _is_readable(uri) and _is_complete(database):
        uri += "&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        yield connection


def _is_readable(uri: str) -> bool:
    """Return whether reading begins, or fails for another reason than the place of the file."""
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        return not faults.is_passing(error)
    return True


def _is_complete(database: Path) -> bool:
    """Return whether nothing is in the log beside the file, and nobody writes one."""
    log_bytes = 0
    with suppress(FileNotFoundError):
        log_bytes = database.with_name(f"{database.name}-wal").stat().st_size
    return not log_bytes and holder(database) is None
