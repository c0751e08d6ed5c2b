"""Opening the database file: its place, its permissions, its connections."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from agentchatbus.plugin_api import ConfigError
from agentchatbus_sql import faults, migrations

FILE_NAME = "bus.db"
STATEMENTS = 256
WRITER_CACHE_KIB = 32 * 1024
READER_CACHE_KIB = 8 * 1024
CHECKPOINT_PAGES = 4000
"""The writer copies the log back into the database when it has grown by about 16 MB."""


class UnitConnection(sqlite3.Connection):
    """A connection on which only the storage begins and ends transactions.

    A unit of work shares its transaction with others, so what would commit it from inside is refused.
    """

    def commit(self) -> NoReturn:
        self._refuse()

    def rollback(self) -> NoReturn:
        self._refuse()

    def executescript(self, *_: Any) -> NoReturn:
        self._refuse()

    def __enter__(self) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise sqlite3.ProgrammingError("A unit of work cannot commit or roll back; use execute() and raise to undo.")


def place(path: Path | None, data_dir: Path) -> Path:
    """Return the file's true path.

    Raises:
        OSError: Its symbolic links lead nowhere.
        RuntimeError: They lead in a circle, or there is no such home folder.
    """
    return (path or data_dir / FILE_NAME).expanduser().resolve()


def locate(path: Path | None, data_dir: Path) -> Path:
    """Return the file's true path and make its folder.

    Raises:
        ConfigError: There can be no database at this place.
    """
    try:
        database = place(path, data_dir)
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if database.is_dir():
            raise ConfigError("it is a folder")
    except (ConfigError, OSError, RuntimeError) as error:
        raise ConfigError(unusable(path or data_dir, error)) from None
    return database


def connect_writer(database: Path, busy_timeout: float) -> sqlite3.Connection:
    """Open the one connection that writes, and bring the file into its newest form.

    Raises:
        ConfigError: The file cannot be used; the message says why.
    """
    with _explained(database):
        os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))  # else SQLite makes it readable for everybody
        connection = _connect(database, "rw", busy_timeout)
        try:
            migrations.migrate(connection)
            _prepare_writer(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_reader(database: Path, busy_timeout: float) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    with _explained(database):
        connection = _connect(database, "ro", busy_timeout)
        _execute_all(
            connection,
            "PRAGMA query_only = ON",
            "PRAGMA wal_autocheckpoint = 0",
            "PRAGMA temp_store = MEMORY",
            f"PRAGMA cache_size = -{READER_CACHE_KIB}",
        )
    return connection


def _connect(database: Path, mode: str, busy_timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{database.as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,  # opened here, used by one thread at a time
        cached_statements=STATEMENTS,
        factory=UnitConnection,
    )


def _prepare_writer(connection: sqlite3.Connection) -> None:
    # No mmap: an input or output error of mapped memory kills the process instead of raising.
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise ConfigError("its file system cannot hold a write-ahead log; use a folder on a local disk")
    _execute_all(
        connection,
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA secure_delete = ON",
        "PRAGMA temp_store = MEMORY",
        f"PRAGMA cache_size = -{WRITER_CACHE_KIB}",
        f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
    )


def _execute_all(connection: sqlite3.Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement)


@contextmanager
def _explained(database: Path) -> Iterator[None]:
    try:
        yield
    except (ConfigError, OSError, sqlite3.Error) as error:
        raise ConfigError(unusable(database, error)) from None


def unusable(database: Path, error: Exception) -> str:
    """Return the sentence for an operator whose database cannot be opened."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    remedy = "Let `agentchatbus doctor` look at it" if faults.is_damage(error) else "Correct that"
    return f"Cannot use the database {database}: {reason}. {remedy}, or set another `path` in [plugins.sqlite]."
