"""Making what was deleted unreadable in the files.

Everything that is deleted is overwritten with zeros at once (``secure_delete``). Two places keep old text all the same:
the log, until it is emptied, and the unused middle of a page from which a row was moved before it was deleted. Only
writing the whole file anew clears the latter.
"""

from __future__ import annotations

import logging
import sqlite3

from agentchatbus_sql.removals import RESIDUE

logger = logging.getLogger(__name__)

TRIES = 100
PAUSE_SECONDS = 0.1

_FORGET_RESIDUE = "DELETE FROM documents WHERE namespace = ? AND key = ?"


def is_due(connection: sqlite3.Connection) -> bool:
    """Return whether threads were removed since the file was last written anew."""
    found = connection.execute("SELECT 1 FROM documents WHERE namespace = ? AND key = ?", RESIDUE).fetchone()
    return found is not None


def compact(connection: sqlite3.Connection, below: int | None = None) -> bool:
    """Write the file anew, unless it has more than `below` bytes, and return whether it was done."""
    size = _number(connection, "page_count") * _number(connection, "page_size")
    if below is not None and size > below:
        logger.warning(
            "The database is too large to be written anew in passing, so traces of deleted text may be left; "
            "`agentchatbus compact` removes them while the bus is stopped"
        )
        return False
    # The copy is made in memory: setting `temp_store` now would drop the temporary triggers of plugins.
    connection.execute("VACUUM")
    return True


def forget(connection: sqlite3.Connection) -> None:
    """Note that nothing of the removed threads is left."""
    connection.execute(_FORGET_RESIDUE, RESIDUE)


def empty_log(connection: sqlite3.Connection) -> bool:
    """Copy the log back and cut it to nothing; False when a reader still needs it."""
    timeout = _number(connection, "busy_timeout")
    connection.execute("PRAGMA busy_timeout = 0")  # who writes must not wait for a reader
    try:
        return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {timeout}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    value: int = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    return value
