"""The command ``plugins``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from agentchatbus.cli.options import configured
from agentchatbus.config import Config

if TYPE_CHECKING:
    from agentchatbus.plugins import PluginStatus

COLUMNS = ("name", "version", "distribution", "state", "hooks", "reason")


@click.command()
@configured
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def plugins(config: Config, *, as_json: bool) -> None:
    """List the plugins: what each takes part in, and why one does not."""
    from agentchatbus.app import load_plugins

    statuses = load_plugins(config).statuses()
    if as_json:
        click.echo(json.dumps([asdict(status) for status in statuses], indent=2))
    else:
        click.echo(_table(statuses))


def _table(statuses: Sequence[PluginStatus]) -> str:
    rows = [tuple(name.upper() for name in COLUMNS), *map(_row, statuses)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(status: PluginStatus) -> tuple[str, ...]:
    cells = asdict(status) | {"hooks": ", ".join(status.hooks)}
    return tuple(str(cells[name]) or "-" for name in COLUMNS)
