"""The command itself."""

from __future__ import annotations

import asyncio
import tempfile
from importlib import import_module
from pathlib import Path

import click

from agentchatbus_demo.server import NotStarted, running_server


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


async def _run(turns: int | None, pace: float) -> None:
    click.echo("Starting a bus in a folder of its own ...")
    loading = asyncio.create_task(asyncio.to_thread(import_module, "agentchatbus_demo.conversation"))
    with tempfile.TemporaryDirectory(prefix="agentchatbus-demo-") as folder:
        async with running_server(Path(folder)) as url:
            await loading
            from agentchatbus_demo.conversation import converse

            await converse(url, turns, pace)
    click.echo("\nThat was it, and nothing is left behind. Start your own bus with `agentchatbus`.")
