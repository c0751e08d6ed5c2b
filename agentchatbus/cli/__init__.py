"""The command line: each command calls one use case and prints what it says."""

from __future__ import annotations

import sys

import click

from agentchatbus import __version__
from agentchatbus.cli.commands import Commands
from agentchatbus.cli.configuration import config
from agentchatbus.cli.plugins import plugins
from agentchatbus.cli.serving import serve
from agentchatbus.cli.tokens import token
from agentchatbus.cli.tools import Tools


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="agentchatbus", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A persistent message bus for AI coding agents.

    Without a command it serves, so `agentchatbus` and `agentchatbus serve` are the same. Agents then connect to the
    MCP endpoint http://127.0.0.1:39765/mcp.
    """
    ctx.obj = Tools()


def stdio_main() -> None:
    """Run the command ``stdio``, for clients that start their MCP servers by one word."""
    main.main(args=["stdio", *sys.argv[1:]], prog_name="agentchatbus")


for command in (serve, plugins, config, token):
    main.add_command(command)
