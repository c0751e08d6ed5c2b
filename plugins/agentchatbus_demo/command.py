"""The command itself."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from agentchatbus_demo.server import NotStarted, running_server

CANCELLATIONS = 50


@click.command()
@click.option("--turns", type=click.IntRange(min=1), help="End after so many messages; the whole script otherwise.")
@click.option("--pace", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Seconds between messages.")
def demo(turns: int | None, pace: float) -> None:
    """Watch two agents talk on a bus of their own.

    Starts a bus on a free port with an empty database, lets two scripted agents hold a conversation through MCP, and
    removes everything afterwards. Ctrl-C ends it sooner.
    """
    try:
        asyncio.run(_run(turns, pace))
    except NotStarted as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("\nStopped. Nothing is left behind.")


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Do the work until it is done or Ctrl-C comes; an MCP client may swallow a cancellation, so one is not enough."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        for _ in range(CANCELLATIONS):
            if task.done():
                break
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)
    await task


async def _run(turns: int | None, pace: float) -> None:
    click.echo("Starting a bus in a folder of its own ...")
    loading = asyncio.create_task(asyncio.to_thread(import_module, "agentchatbus_demo.conversation"))
    with tempfile.TemporaryDirectory(prefix="agentchatbus-demo-") as folder:
        async with running_server(Path(folder)) as url:
            await loading
            from agentchatbus_demo.conversation import converse

            await _until_stopped(converse(url, turns, pace))
    click.echo("\nThat was it, and nothing is left behind. Start your own bus with `agentchatbus`.")
