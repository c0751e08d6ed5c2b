"""A bus in a process of its own, for as long as the demo lasts."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

STARTS_WITHIN = 30.0
ENDS_WITHIN = 5.0
ADDRESS = "AgentChatBus: "


class NotStarted(Exception):
    """The bus of the demo did not start; the message says what it said."""


@asynccontextmanager
async def running_server(folder: Path) -> AsyncIterator[str]:
    """Start a bus on any free port, yield its address, and stop it.

    Raises:
        NotStarted: It did not come up.
    """
    log = folder / "server.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agentchatbus", "serve", "--port", "0"),
            *("--data-dir", str(folder), "--db", str(folder / "demo.db")),
            *("-p", "no:limits"),  # two agents that play a script talk faster than agents that think
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the demo, which then stops its bus
        )
    try:
        yield await _address(process, log)
    finally:
        await _end(process)


def _environment() -> dict[str, str]:
    """Return the environment without what would configure the bus."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AGENTCHATBUS_")}


async def _address(process: Process, log: Path) -> str:
    if process.stdout is None:
        raise NotStarted("The bus has no output.")
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            line = (await process.stdout.readline()).decode()
    except TimeoutError:
        line = ""
    if not line.startswith(ADDRESS):
        said = await asyncio.to_thread(log.read_text)
        raise NotStarted(f"The bus did not start. It said: {said.strip() or 'nothing'}")
    return line.removeprefix(ADDRESS).strip()


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
