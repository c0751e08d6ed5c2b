"""SQLite's errors as callers of the storage see them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from agentchatbus.plugin_api import BusError, Conflict, Unavailable

A = TypeVar("A")
T = TypeVar("T")

_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
_WRITES_ONLY = frozenset({sqlite3.SQLITE_READONLY})
_PRIMARY_CODE = 0xFF


def of_write(error: BaseException) -> BusError | None:
    """Return what the caller gets when what is stored or the machine is to blame; None when the unit of work is."""
    if _extended_code(error) in _TAKEN:
        return _conflict(error)
    return _unavailable(error, "stored") if _code(error) in _PASSING | _WRITES_ONLY else None


def of_read(error: BaseException) -> Unavailable | None:
    """Return what the caller gets when the machine is to blame; None when the unit of work is."""
    return _unavailable(error, "read") if _code(error) in _PASSING else None


def of_commit(error: Exception) -> Unavailable:
    """Return what every writer of a group gets whose commit failed."""
    return _unavailable(error, "stored")


def run(work: Callable[[A], T], argument: A) -> T:
    """Run a unit of work on a thread.

    Raises:
        RuntimeError: It let a StopIteration out, which no future can carry.
    """
    try:
        return work(argument)
    except StopIteration as error:
        raise RuntimeError("A unit of work raised StopIteration.") from error


def _unavailable(error: BaseException, done: str) -> Unavailable:
    unavailable = Unavailable(f"The database does not work right now ({error}); nothing was {done}. Try again later.")
    unavailable.__cause__ = error
    return unavailable


def _conflict(error: BaseException) -> Conflict:
    # SQLite ends its text with the columns, as in "UNIQUE constraint failed: threads.topic".
    columns = ", ".join(name.rpartition(".")[2] for name in str(error).rpartition(": ")[2].split(", "))
    conflict = Conflict(f"Something with the same {columns} exists already; nothing was stored.")
    conflict.__cause__ = error
    return conflict


def _code(error: BaseException) -> int | None:
    code = _extended_code(error)
    return None if code is None else code & _PRIMARY_CODE


def _extended_code(error: BaseException) -> int | None:
    if not isinstance(error, sqlite3.Error):
        return None
    code: int | None = getattr(error, "sqlite_errorcode", None)  # absent when the module itself raised the error
    return code
