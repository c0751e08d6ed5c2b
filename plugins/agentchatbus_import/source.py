"""The database of an older bus, read without ever touching it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from agentchatbus.plugin_api import ConfigError

Row = Mapping[str, Any]

SIDE_FILES = ("-wal", "-shm")
"""Files beside a database that may hold what was written last."""

APPLICATION_ID = 0x41434255
"""Marks databases of this bus; those of older ones have none."""


class Source:
    """A copy of the old database; tables and columns that it lacks read as empty."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.row_factory = sqlite3.Row
        self._connection.text_factory = _text
        self._columns = {name: self._columns_of(name) for name in self._names()}

    def has(self, table: str) -> bool:
        """Return whether there is such a table."""
        return table in self._columns

    def count(self, table: str) -> int:
        """Return how many rows a table has, 0 when there is none."""
        if not self.has(table):
            return 0
        number: int = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        return number

    def rows(self, table: str, order: str = "rowid", **equal: Any) -> Iterator[Row]:
        """Yield the rows of a table, those where the columns `equal` these values.

        Args:
            table: Its name, one of the contract's.
            order: Columns to order by.
            equal: Values that columns must have.
        """
        if not self.has(table) or not set(equal) <= self._columns[table]:
            return
        where = " AND ".join(f"{name} IS ?" for name in equal) or "TRUE"
        statement = f"SELECT * FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608 - names are constants
        for row in self._connection.execute(statement, tuple(equal.values())):
            yield _Row({name: _plain(value) for name, value in dict(row).items()})

    def ids(self, table: str) -> set[str]:
        """Return the ids of all rows of a table."""
        if not self.has(table):
            return set()
        return {str(_plain(row[0])) for row in self._connection.execute(f"SELECT id FROM {table}")}  # noqa: S608

    def _names(self) -> list[str]:
        found = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [row[0] for row in found if row[0].isidentifier()]

    def _columns_of(self, table: str) -> set[str]:
        return {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}


class _Row(dict[str, Any]):
    """A row in which columns that an older schema lacks read as None."""

    def __missing__(self, key: str) -> None:
        return None


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a copy of an old database, with what its side files hold.

    Raises:
        ConfigError: The file is missing, or no database of an older bus.
    """
    if path.is_dir():
        raise ConfigError(f"{path}: this is a folder. Name the database in it, which older buses call bus.db.")
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file. Older buses keep theirs as ~/.agentchatbus/bus.db.")
    with tempfile.TemporaryDirectory(prefix="agentchatbus-import-") as folder:
        copy = Path(folder) / "bus.db"
        shutil.copyfile(path, copy)
        for suffix in SIDE_FILES:
            side = path.with_name(path.name + suffix)
            if side.is_file():
                shutil.copyfile(side, copy.with_name(copy.name + suffix))
        with closing(sqlite3.connect(copy)) as connection:
            yield _checked(connection, path)


def _checked(connection: sqlite3.Connection, path: Path) -> Source:
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        source = Source(connection)
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"{path}: this is no database that can be read ({error}).") from None
    if application == APPLICATION_ID:
        raise ConfigError(f"{path}: this bus made it, so there is nothing to import; name it with --db to use it.")
    if not (source.has("threads") and source.has("messages")):
        raise ConfigError(f"{path}: this is no database of an AgentChatBus: it has no threads and messages.")
    return source


def _plain(value: Any) -> Any:
    """Return a value of a column; no column of an older bus holds bytes on purpose."""
    return _text(value) if isinstance(value, bytes) else value


def _text(value: bytes) -> str:
    """Read text that an old program may have written in no valid UTF-8."""
    return value.decode("utf-8", errors="replace")
