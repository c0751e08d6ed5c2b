"""The commands ``plugins ...``: look at plugins, write one, check one, switch one on and off."""

from __future__ import annotations

import click

from agentchatbus.cli.plugins.creating import new
from agentchatbus.cli.plugins.describing import info
from agentchatbus.cli.plugins.listing import list_plugins
from agentchatbus.cli.plugins.measuring import bench
from agentchatbus.cli.plugins.switching import disable, enable
from agentchatbus.cli.plugins.testing import test

__all__ = ["plugins"]

DEFAULT = "list"
HELP = frozenset({"-h", "--help"})


class _Group(click.Group):
    """Lists when it is told nothing else."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in HELP):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group)
def plugins() -> None:
    """Look at plugins, write one, check one, switch one on and off.

    Without a command it lists them.
    """


for command in (list_plugins, info, new, test, bench, enable, disable):
    plugins.add_command(command)
