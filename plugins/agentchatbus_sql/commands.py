"""The commands ``doctor`` and ``compact``."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from agentchatbus.plugin_api import ConfigError, Flags, load_config

if TYPE_CHECKING:
    from agentchatbus_sql.checks import Finding
    from agentchatbus_sql.measures import Measures, TableMeasure

MIB = 2**20
FOUND_SOMETHING = 1


def _located(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where the database is, and hand it its place first."""

    @click.option(
        "--config", "file", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file (TOML)."
    )
    @click.option("--db", metavar="FILE", type=click.Path(path_type=Path), help="Database file.")
    @click.option(
        "--data-dir", "folder", metavar="FOLDER", type=click.Path(path_type=Path), help="Folder for files of this bus."
    )
    @wraps(command)
    def run(file: Path | None, db: Path | None, folder: Path | None, **options: Any) -> None:
        command(_database(db, file, folder), **options)

    return run


def _database(db: Path | None, file: Path | None, folder: Path | None) -> Path:
    from agentchatbus_sql import SqliteSettings
    from agentchatbus_sql.database import place, unusable

    given = {"server.data_dir": str(folder.expanduser().absolute()) if folder else None}
    config = load_config(file, environ=os.environ, flags=Flags(values=given))
    try:
        settings = SqliteSettings.model_validate(config.plugin_settings.get("sqlite", {}))
    except ValidationError as error:
        raise ConfigError(f"[plugins.sqlite] cannot be used: {error}") from None
    try:
        return place(db or settings.path, config.server.data_dir)
    except (OSError, RuntimeError) as error:
        raise ConfigError(unusable(db or config.server.data_dir, error)) from None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_located
def doctor(database: Path, *, as_json: bool) -> None:
    """Look for faults of the database.

    Reads only, so a bus may run meanwhile; looking through the file takes seconds per gigabyte. Exit code 1 says that
    something was found.
    """
    from agentchatbus_sql.checks import describe, judge
    from agentchatbus_sql.lock import holder
    from agentchatbus_sql.measures import measure

    owner = holder(database)
    findings = describe(database)
    measures: Measures | None = None
    if database.is_file() and all(finding.ok for finding in findings):
        measures = measure(database)
        findings += judge(measures)
    is_sound = all(finding.ok for finding in findings)
    if as_json:
        answer: dict[str, Any] = {"ok": is_sound, "database": str(database), "in_use_by": owner}
        answer["findings"] = [asdict(finding) for finding in findings]
        answer["measures"] = asdict(measures) if measures else None
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(owner, findings, measures.tables if measures else ())))
    if not is_sound:
        raise SystemExit(FOUND_SOMETHING)


def _lines(owner: str | None, findings: Iterable[Finding], tables: Sequence[TableMeasure]) -> Iterator[str]:
    yield f"In use by {owner}; this command only reads." if owner else "No bus uses the database now."
    yield from (f"{'ok  ' if finding.ok else 'FAIL'}  {finding.text}" for finding in findings)
    width = max((len(table.name) for table in tables), default=0)
    for table in tables:
        size = "" if table.bytes is None else f"  {table.bytes / MIB:>10.1f} MiB"
        yield f"{table.name:{width}}  {table.rows:>12,} rows{size}"


@click.command()
@_located
def compact(database: Path) -> None:
    """Write the database anew while no bus runs.

    Gives unused space back, and removes the last traces of deleted threads from the file.
    """
    from agentchatbus_sql import lock, removals, scrubbing
    from agentchatbus_sql.database import connect_writer, unusable

    if not database.is_file():
        raise click.ClickException(f"There is no database {database}.")
    before = database.stat().st_size
    with lock.exclusive(database, f"`agentchatbus compact` (process {os.getpid()})"):
        connection = connect_writer(database, busy_timeout=5.0)
        try:
            connection.execute("PRAGMA temp_store = FILE")  # the copy of a large database may not fit into memory
            scrubbing.compact(connection)
            # Rows of a removed thread go while the bus runs, because triggers of its plugins have to see them go.
            if scrubbing.empty_log(connection) and not removals.is_pending(connection):
                scrubbing.forget(connection)
        except sqlite3.Error as error:
            raise ConfigError(unusable(database, error)) from None
        finally:
            connection.close()
    click.echo(f"{database}: {before / MIB:.1f} MiB before, {database.stat().st_size / MIB:.1f} MiB now.")
