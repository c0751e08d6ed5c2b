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
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
_WRITES_ONLY = frozenset({sqlite3.SQLITE_READONLY})
_PRIMARY_CODE = 0xFF


def of_write(error: BaseException) -> BusError | None:
    """Return what the caller gets when what is stored or the machine is to blame; None when the unit of work is."""
    if _extended_code(error) in _TAKEN:
        return _conflict(error)
    return _unavailable(error, "stored") if _code(error) in _PASSING | _DAMAGED | _WRITES_ONLY else None


def of_read(error: BaseException) -> Unavailable | None:
    """Return what the caller gets when the machine is to blame; None when the unit of work is."""
    return _unavailable(error, "read") if _code(error) in _PASSING | _DAMAGED else None


def of_commit(error: Exception) -> Unavailable:
    """Return what every writer of a group gets whose commit failed."""
    return _unavailable(error, "stored")


def is_passing(error: BaseException) -> bool:
    """Return whether the machine is to blame: a full disk, a place that cannot be written to, somebody in between."""
    return _code(error) in _PASSING | _WRITES_ONLY


def is_damage(error: BaseException | None) -> bool:
    """Return whether the file is to blame, which no later try mends."""
    return error is not None and _code(error) in _DAMAGED


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
    text = f"The database does not work right now ({error}); nothing was {done}. Try again later."
    if is_damage(error) or is_damage(error.__cause__):
        text = f"The database is damaged ({error}); nothing was {done}. `agentchatbus doctor` says more about it."
    unavailable = Unavailable(text)
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
