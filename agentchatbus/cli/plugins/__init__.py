"""The commands ``plugins ...``: look at plugins, write one, check one, switch one on and off."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

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
WITH_VALUE = frozenset(
    chain.from_iterable(
        item.opts for item in list_plugins.params if isinstance(item, click.Option) and not item.is_flag
    )
)
"""Options that are followed by their value."""


class _Group(click.Group):
    """Lists when it is told nothing else; options may stand before the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in HELP):
            args = _command_first(args)
        return super().parse_args(ctx, args)


def _command_first(args: Sequence[str]) -> list[str]:
    """Move a command before the options in front of it, all of which belong to the command."""
    place = 0
    while place < len(args) and args[place].startswith("-"):
        place += 2 if args[place] in WITH_VALUE else 1
    return [*(args[place : place + 1] or [DEFAULT]), *args[:place], *args[place + 1 :]]


@click.group(cls=_Group)
def plugins() -> None:
    """Look at plugins, write one, check one, switch one on and off.

    Without a command it lists them.
    """


for command in (list_plugins, info, new, test, bench, enable, disable):
    plugins.add_command(command)
