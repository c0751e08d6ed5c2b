"""How large a database is, and what is in it; read only, also while a bus runs."""

# ruff: noqa: S608 -- the names of tables come from the database's own schema, quoted

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentchatbus_sql.looking import looking
from agentchatbus_sql.scrubbing import is_due

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
_SIZES = (
    "SELECT entry.tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master AS entry ON dbstat.name = entry.name "
    "WHERE aggregate = TRUE GROUP BY entry.tbl_name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMeasure:
    """One table; `bytes` counts its indexes too, and is None where this SQLite cannot tell."""

    name: str
    rows: int
    bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """A database in numbers.

    Attributes:
        free_bytes: Unused inside of the file.
        log_bytes: What was not yet copied back from the log, at most.
        pending_removals: Removed threads of which rows are still there.
        has_residue: Whether traces of deleted text may be left in the file.
    """

    schema_version: int
    file_bytes: int
    free_bytes: int
    log_bytes: int
    pending_removals: int
    has_residue: bool
    tables: tuple[TableMeasure, ...]


def measure(database: Path) -> Measures:
    """Count what is in a database.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    with looking(database) as connection:
        connection.execute("BEGIN")
        tables = tuple(_tables(connection))
        names = {table.name for table in tables}
        return Measures(
            schema_version=_number(connection, "PRAGMA user_version"),
            file_bytes=database.stat().st_size,
            free_bytes=_number(connection, "PRAGMA freelist_count") * _number(connection, "PRAGMA page_size"),
            log_bytes=_size(database.with_name(f"{database.name}-wal")),
            pending_removals=_number(connection, "SELECT count(*) FROM removals") if "removals" in names else 0,
            has_residue="documents" in names and is_due(connection),
            tables=tables,
        )


def _tables(connection: sqlite3.Connection) -> Iterator[TableMeasure]:
    sizes: dict[str, int] = {}
    with suppress(sqlite3.OperationalError):  # not every SQLite is built with `dbstat`
        sizes = dict(connection.execute(_SIZES))
    for (name,) in connection.execute(_TABLES).fetchall():
        yield TableMeasure(name=name, rows=_number(connection, f'SELECT count(*) FROM "{name}"'), bytes=sizes.get(name))


def _number(connection: sqlite3.Connection, statement: str) -> int:
    value: int = connection.execute(statement).fetchone()[0]
    return value


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
