"""What can be said about this SQLite and a database file, for the start and for people who look for a fault."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentchatbus.plugin_api import ConfigError
from agentchatbus_sql import faults
from agentchatbus_sql.database import unusable
from agentchatbus_sql.looking import looking
from agentchatbus_sql.measures import Measures
from agentchatbus_sql.migrations import NEWEST_VERSION, known_version

Version = tuple[int, int, int]

OLDEST: Version = (3, 35, 0)
HAZARD_BEGAN: Version = (3, 7, 0)
HAZARD_FIXED: Version = (3, 51, 3)
OF_OTHERS = 0o077
"""Permissions of a file that are not its owner's."""

LARGE_LOG = 256 * 2**20
HAZARD_FIXED_IN_BRANCH = {(3, 44): 6, (3, 50): 7}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and whether it is as it should be."""

    ok: bool
    text: str


def require_usable_sqlite(version: Version = sqlite3.sqlite_version_info[:3]) -> None:
    """Refuse an SQLite that lacks what the storage needs.

    Raises:
        ConfigError: It is too old.
    """
    if version < OLDEST:
        raise ConfigError(
            f"SQLite {_text(version)} is too old; AgentChatBus needs {_text(OLDEST)} or newer. SQLite comes with "
            "Python: use a newer Python, or another [storage] backend."
        )


def has_wal_hazard(version: Version = sqlite3.sqlite_version_info[:3]) -> bool:
    """Return whether two connections that write or checkpoint at once can corrupt a database in this version."""
    major, minor, patch = version
    fixed_in_branch = HAZARD_FIXED_IN_BRANCH.get((major, minor))
    if fixed_in_branch is not None and patch >= fixed_in_branch:
        return False
    return HAZARD_BEGAN <= version < HAZARD_FIXED


def describe(database: Path | None = None) -> list[Finding]:
    """Return what is known about this SQLite and, read-only, about a database file.

    Args:
        database: A file to look through completely; that takes seconds per gigabyte.
    """
    findings = [_sqlite()]
    if database is not None:
        findings.extend(_file(database))
    return findings


def judge(measures: Measures) -> list[Finding]:
    """Return what the numbers of a database say."""
    findings = []
    if measures.schema_version > NEWEST_VERSION:
        findings.append(
            Finding(ok=False, text=f"A newer AgentChatBus made it; this one knows up to version {NEWEST_VERSION}.")
        )
    log = Finding(ok=measures.log_bytes < LARGE_LOG, text=f"Write-ahead log: {_mib(measures.log_bytes)}.")
    if not log.ok:
        log = Finding(ok=False, text=f"{log.text} A program that reads for a long time keeps it from being emptied.")
    findings.append(log)
    unused = f"Unused inside of the file: {_mib(measures.free_bytes)}."
    if measures.free_bytes > max(measures.file_bytes // 2, LARGE_LOG):
        unused += " `agentchatbus compact` gives it back."
    findings.append(Finding(ok=True, text=unused))
    if measures.pending_removals:
        text = f"Deleted threads whose rows still go, step by step while a bus runs: {measures.pending_removals}."
        findings.append(Finding(ok=True, text=text))
    if measures.has_residue:
        text = "Traces of deleted text may be left in the file; upkeep or `agentchatbus compact` removes them."
        findings.append(Finding(ok=True, text=text))
    return findings


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _sqlite(version: Version = sqlite3.sqlite_version_info[:3]) -> Finding:
    if version < OLDEST:
        return Finding(ok=False, text=f"SQLite {_text(version)} is older than {_text(OLDEST)}.")
    if has_wal_hazard(version):
        return Finding(
            ok=True,
            text=f"SQLite {_text(version)}: other programs must not write to the database while the bus runs "
            f"(a defect fixed in {_text(HAZARD_FIXED)}; the bus itself writes through one connection only).",
        )
    return Finding(ok=True, text=f"SQLite {_text(version)}.")


def _file(database: Path) -> list[Finding]:
    try:
        if not database.exists():
            return [Finding(ok=True, text=f"{database} does not exist yet; the first start makes it.")]
        if not database.is_file():
            raise ConfigError("it is a folder" if database.is_dir() else "it is no file")
        with looking(database) as connection:
            return [*_content(database, connection), *_permissions(database)]
    except sqlite3.Error as error:
        return [_unreadable(database, error)]
    except (ConfigError, OSError) as error:
        return [Finding(ok=False, text=unusable(database, error))]


def _content(database: Path, connection: sqlite3.Connection) -> Iterator[Finding]:
    schema = known_version(connection)
    if schema == 0:
        yield Finding(ok=True, text=f"{database} is empty; the first start fills it.")
        return
    problems = [row[0] for row in connection.execute("PRAGMA quick_check(10)")]
    yield Finding(ok=True, text=f"{database}: schema version {schema}, {_mib(database.stat().st_size)}.")
    if problems == ["ok"]:
        yield Finding(ok=True, text=f"{database} is sound.")
    else:
        yield Finding(ok=False, text=f"{database} is damaged: {'; '.join(problems)}.")


def _permissions(database: Path) -> Iterator[Finding]:
    if os.name == "posix" and database.stat().st_mode & OF_OTHERS:
        yield Finding(ok=False, text=f"Others can open {database}; `chmod 600` keeps them out.")


def _unreadable(database: Path, error: sqlite3.Error) -> Finding:
    """Tell a file that is to blame from a place where nothing can be looked at."""
    if not faults.is_passing(error):
        return Finding(ok=False, text=f"{database} cannot be read: {error}.")
    return Finding(
        ok=False,
        text=f"{database} could not be checked ({error}), which says nothing about the database itself. Look for a "
        "full disk, a read-only folder or missing rights, or check a copy of the file, with its log "
        f"({database.name}-wal) if there is one.",
    )


def _text(version: Version) -> str:
    return ".".join(str(part) for part in version)
