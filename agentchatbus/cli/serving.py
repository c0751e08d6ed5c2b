"""The command ``serve``."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from agentchatbus.cli.options import configured
from agentchatbus.config import Config

if TYPE_CHECKING:
    from agentchatbus.app import App

INTERRUPTED = 130
"""Exit code of a program that Ctrl-C ended before it was done."""


@click.command()
@configured
@click.option("--reload", is_flag=True, hidden=True)
def serve(config: Config, *, reload: bool) -> None:
    """Serve the bus until Ctrl-C.

    Says where it listens, where the messages are, and which plugins take part.
    """
    _log_more(access_log=config.server.access_log)
    if reload:
        click.echo("--reload is accepted and ignored: the bus does not reload its code.", err=True)
    try:
        run(config)
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(INTERRUPTED)


def run(config: Config) -> None:
    """Take the port, compose the bus and serve it."""
    from agentchatbus.app import check_exposure
    from agentchatbus.server import bind, loop_factory

    check_exposure(config)
    with closing(bind(config.server)) as listener, asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(config.on_port(listener.getsockname()[1]), listener))


async def _serve(config: Config, listener: socket.socket) -> None:
    from agentchatbus.app import open_bus
    from agentchatbus.server import serve as serve_transports
    from agentchatbus.server import tune_garbage_collection

    async with open_bus(config) as app:

        def on_ready() -> None:
            tune_garbage_collection()
            _announce(app)

        await serve_transports(config, app.transports, app.bus.feed, listener, on_ready=on_ready)


def _announce(app: App) -> None:
    """Print the three lines that say what runs; plugins that only add commands take no part in it."""
    plugins = [status.name for status in app.manager.statuses() if status.hooks]
    click.echo(f"AgentChatBus: {app.config.server.url}")
    click.echo(f"Database: {app.location}")
    click.echo(f"Plugins: {', '.join(plugins) or 'none'}")


def _log_more(*, access_log: bool) -> None:
    logging.getLogger("agentchatbus").setLevel(logging.INFO)
    if access_log:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)
