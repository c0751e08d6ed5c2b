"""One server a database: a lock that ends with its process, and a note that says who holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from agentchatbus.plugin_api import ConfigError, StorageState
from agentchatbus_sql.database import place, unusable


@contextmanager
def exclusive(database: Path, owner: str) -> Iterator[None]:
    """Hold the database for this process.

    The operating system drops the lock with the process, so a killed server leaves nothing behind but the note,
    which nobody reads while the lock is free.

    Args:
        database: The database file, with no symbolic link in its path.
        owner: Who holds it, in words for the operator who tries to start a second server.

    Raises:
        ConfigError: Another server holds it, and the message names that one; or the file has several names.
    """
    _refuse_hard_links(database)
    lock = FileLock(_beside(database, "lock"), mode=0o600, thread_local=False)
    note = _beside(database, "owner")
    try:
        lock.acquire(timeout=0)
        _write(note, owner)
    except Timeout:
        raise ConfigError(_refusal(database, note)) from None
    except OSError as error:
        lock.release()
        raise ConfigError(unusable(database, error)) from None
    try:
        yield
    finally:
        with suppress(OSError):  # nobody reads it while the lock is free
            note.unlink()
        lock.release()


def holder(database: Path) -> str | None:
    """Return who holds a database, in words, or None when nobody does."""
    lock = FileLock(_beside(database, "lock"), mode=0o600, thread_local=False)
    if not _beside(database, "lock").exists():
        return None
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _owner(_beside(database, "owner"))
    except OSError:  # of somebody else's bus, say
        return None
    lock.release()
    return None


def look(path: Path | None, data_dir: Path) -> StorageState:
    """Say how the database is that these settings name, and change nothing.

    Raises:
        ConfigError: There can be no database at this place.
    """
    try:
        database = place(path, data_dir)
        return StorageState(location=str(database), exists=database.exists(), owner=holder(database))
    except (OSError, RuntimeError) as error:
        raise ConfigError(unusable(path or data_dir, error)) from None


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(f"{database.name}.{ending}")


def _refuse_hard_links(database: Path) -> None:
    """Refuse a file that a second server could open under another name, beside which it finds no lock."""
    try:
        names = database.stat().st_nlink
    except OSError:  # there is none yet, or opening it says what is wrong
        return
    if names > 1:
        raise ConfigError(
            f"{database} has {names} names (hard links), so two servers could use it at once and damage it. "
            "Remove the others, or set another `path` in [plugins.sqlite]."
        )


def _write(note: Path, owner: str) -> None:
    note.touch(mode=0o600)
    note.write_text(owner, encoding="utf-8")


def _owner(note: Path) -> str:
    try:
        return note.read_text(encoding="utf-8").strip() or "another process"
    except OSError:
        return "another process"


def _refusal(database: Path, note: Path) -> str:
    return (
        f"{database} is already in use by {_owner(note)}. Connect to that one, stop it first, or set "
        "another `path` in [plugins.sqlite]."
    )
