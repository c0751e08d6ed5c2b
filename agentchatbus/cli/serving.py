"""The command ``serve``."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from agentchatbus.cli.commands import INTERRUPTED
from agentchatbus.cli.options import configured
from agentchatbus.cli.plugins.finding import candidates
from agentchatbus.config import Config

if TYPE_CHECKING:
    from agentchatbus.app import App
    from agentchatbus.tracing import HookCall, HookListener


@click.command()
@configured
@click.option("--trace-hooks", is_flag=True, help="Print every call of a plugin's hook, its time and its outcome.")
@click.option("--reload", is_flag=True, hidden=True)
def serve(config: Config, *, trace_hooks: bool, reload: bool) -> None:
    """Serve the bus until Ctrl-C.

    Says where it listens, where the messages are, and which plugins take part.
    """
    log_more(config)
    if reload:
        click.echo("--reload is accepted and ignored: the bus does not reload its code.", err=True)
    try:
        run(config, on_hook_call=print_call if trace_hooks else None)
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(INTERRUPTED)


def run(config: Config, *, on_hook_call: HookListener | None = None) -> None:
    """Take the port, compose the bus and serve it."""
    from agentchatbus.app import check_exposure
    from agentchatbus.server import bind, loop_factory

    check_exposure(config)
    with closing(bind(config.server)) as listener, asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(config.on_port(listener.getsockname()[1]), listener, on_hook_call))


def print_call(call: HookCall) -> None:
    """Print one call of a hook as one line on stderr; it names who was called, and nothing of what was said."""
    click.echo(f"hook {call.hook:<20} {call.plugin:<16} {call.seconds * 1e3:9.3f} ms  {call.outcome}", err=True)


async def _serve(config: Config, listener: socket.socket, on_hook_call: HookListener | None) -> None:
    from agentchatbus.app import open_bus
    from agentchatbus.server import Threads, tune_garbage_collection
    from agentchatbus.server import serve as serve_transports

    asyncio.get_running_loop().set_default_executor(Threads())
    async with open_bus(config, on_hook_call=on_hook_call, serving=True) as app:

        def on_ready() -> None:
            tune_garbage_collection()
            _announce(app)

        bus = app.bus
        await serve_transports(
            config, app.transports, bus.feed, listener, on_ready=on_ready, stop_requested=bus.stop_requested
        )


def _announce(app: App) -> None:
    """Print the three lines that say what runs; plugins that only add commands take no part in it."""
    plugins = [status.name for status in app.manager.statuses() if status.hooks]
    click.echo(f"AgentChatBus: {app.config.server.url}")
    click.echo(f"Database: {app.location}")
    click.echo(f"Plugins: {', '.join(plugins) or 'none'}")


def log_more(config: Config) -> None:
    """Let the bus and its plugins say what they do, the first line of a plugin's module included.

    What other libraries log stays as it is.
    """
    modules = (candidate.module for candidate in candidates(config))
    for name in ("agentchatbus", *(module.partition(".")[0] for module in modules if module)):
        logging.getLogger(name).setLevel(logging.INFO)
    if config.server.access_log:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)
