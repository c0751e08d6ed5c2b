"""The command itself."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from agentchatbus.plugin_api import CommandTools, Config, Flags, load_config
from agentchatbus_import.importing import Importer, Plan
from agentchatbus_import.report import Report
from agentchatbus_import.source import Source, open_source

TABLES = ("agents", "threads", "messages", "thread_templates", "templates")
"""What the progress bar counts."""

Folder = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("import")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--uploads", metavar="FOLDER", type=Folder, help="The old bus's folder of pictures (static/uploads).")
@click.option("--dry-run", is_flag=True, help="Read and report only; nothing is stored.")
@click.option("--config", "file", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file (TOML).")
@click.option("--db", metavar="FILE", type=click.Path(path_type=Path), help="Database file to import into.")
@click.option("--data-dir", metavar="FOLDER", type=click.Path(path_type=Path), help="Folder for files of this bus.")
@click.pass_obj
def import_(  # noqa: PLR0913 - one parameter an option
    tools: CommandTools,
    path: Path,
    uploads: Path | None,
    file: Path | None,
    db: Path | None,
    data_dir: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Import the database of an AgentChatBus 0.1 or 0.2 (bus.db, or bus-ts.db) at PATH.

    The old file is copied and never changed. What is there already is left as it is, so the command can be run again.
    Stop the server of the bus that you import into first.
    """
    flags = {"plugins.sqlite.path": _absolute(db), "server.data_dir": _absolute(data_dir)}
    config = load_config(file, environ=os.environ, flags=Flags(values=flags))
    report = asyncio.run(_import(tools, config, path.expanduser(), uploads, is_dry=dry_run))
    click.echo("\n".join(report.lines()))
    click.echo("Nothing was stored: this was a dry run." if dry_run else "Done. The old file was not changed.")


async def _import(tools: CommandTools, config: Config, path: Path, uploads: Path | None, *, is_dry: bool) -> Report:
    with open_source(path) as source:
        async with tools.open_bus(config, may_create=not is_dry) as target:
            with _progress(source) as advance:
                return await Importer(source, target, Plan(uploads=uploads, is_dry=is_dry, advance=advance)).run()


@contextmanager
def _progress(source: Source) -> Iterator[Callable[[int], None]]:
    """Show a progress bar over the rows, where somebody looks at it."""
    total = sum(source.count(table) for table in TABLES)
    with click.progressbar(length=total, label="Importing", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield bar.update


def _absolute(path: Path | None) -> str | None:
    return str(path.expanduser().absolute()) if path else None
