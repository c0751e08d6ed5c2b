"""The command ``plugins list``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from agentchatbus.cli.options import configured
from agentchatbus.cli.plugins.finding import survey
from agentchatbus.cli.plugins.tables import columns
from agentchatbus.config import Config

if TYPE_CHECKING:
    from agentchatbus.plugins import PluginStatus

COLUMNS = ("name", "version", "distribution", "state", "hooks", "reason")


@click.command("list")
@configured
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def list_plugins(config: Config, *, as_json: bool) -> None:
    """List the plugins: what each takes part in, and why one does not."""
    _, statuses = survey(config)
    if as_json:
        click.echo(json.dumps([asdict(status) for status in statuses], indent=2))
    else:
        click.echo(columns([tuple(name.upper() for name in COLUMNS), *map(_row, statuses)]))


def _row(status: PluginStatus) -> tuple[str, ...]:
    cells = asdict(status) | {"hooks": ", ".join(status.hooks)}
    return tuple(str(cells[name]) for name in COLUMNS)
