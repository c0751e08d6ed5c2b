"""The command ``plugins test``."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from agentchatbus.cli.options import configured
from agentchatbus.cli.plugins.checks import FAILED, Checks
from agentchatbus.cli.plugins.finding import find, table_of
from agentchatbus.cli.plugins.own_tests import run_own_tests
from agentchatbus.cli.plugins.tables import columns
from agentchatbus.config import Config


@click.command()
@configured
@click.argument("name")
@click.option("--own/--no-own", default=True, help="Run the tests of the plugin's own project too, if they are here.")
def test(config: Config, name: str, *, own: bool) -> None:
    """Check what every plugin has to pass, and run its own tests.

    The plugin is tried out on a bus in memory and an empty folder, with its default settings; of the configuration it
    gets only what has no default. So nothing is sent to real addresses and nothing is written to real files.
    """
    candidate = find(config, name)
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(candidate, table_of(config, name), Path(folder))
        results = asyncio.run(checks.run())
    if own:
        results.append(run_own_tests(candidate))
    click.echo(columns([(item.outcome, item.name, item.detail) for item in results]))
    if any(item.outcome == FAILED for item in results):
        sys.exit(1)
