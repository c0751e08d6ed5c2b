"""Finding the server, and starting it when there is none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from agentchatbus_mcp.stdio.upstream import needs_certificates

PROBE_SECONDS = 5.0
START_SECONDS = 30.0
POLL_SECONDS = 0.1
LOG_NAME = "server.log"


class CannotStart(Exception):
    """There is no server, and none could be started; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlace:
    """Where the server is, and how to start it.

    Attributes:
        url: Its address without a path.
        data_dir: The folder for its log.
        options: What the command that starts it is given.
        may_start: Whether it may be started at all.
    """

    url: str
    data_dir: Path
    options: tuple[str, ...] = ()
    may_start: bool = True

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return (urlsplit(self.url).hostname or "") in ("127.0.0.1", "localhost", "::1")

    def command(self) -> list[str]:
        """Return the command that starts it."""
        return [sys.executable, "-m", "agentchatbus", "serve", *self.options]


class ServerStarter:
    """Makes sure that a server answers."""

    def __init__(self, place: ServerPlace, say: Callable[[str], None]) -> None:
        self._place = place
        self._say = say
        self._deciding = asyncio.Lock()

    async def ensure(self, *, patience: float) -> bool:
        """Wait until a server answers; start one when none came within `patience` seconds.

        Returns:
            Whether one answered at once.

        Raises:
            CannotStart: None answers.
        """
        url, is_remote = self._place.url, not self._place.is_local
        http = httpx2.AsyncClient(timeout=PROBE_SECONDS, trust_env=is_remote, verify=needs_certificates(url))
        async with self._deciding, http as client:
            if await self._answers(client, within=0):
                return True
            if await self._answers(client, within=patience):
                return False
            if is_remote or not self._place.may_start:
                raise CannotStart(f"No AgentChatBus answers at {url}.")
            await self._start(client)
            return False

    async def _answers(self, client: httpx2.AsyncClient, *, within: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while True:
            try:
                await client.get(f"{self._place.url}/health")
            except httpx2.TransportError:
                if loop.time() >= deadline:
                    return False
            else:
                return True
            await asyncio.sleep(POLL_SECONDS)

    async def _start(self, client: httpx2.AsyncClient) -> None:
        process, log = await asyncio.to_thread(self._spawn)
        self._say(f"No server at {self._place.url}; started one (process {process.pid}, log {log}).")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        while loop.time() < deadline:
            if await self._answers(client, within=POLL_SECONDS):
                return
            if process.poll() is not None:
                break
        # Somebody else's server may have been quicker to take the port.
        if not await self._answers(client, within=0):
            raise CannotStart(f"The server at {self._place.url} did not start; {log} says why.")

    def _spawn(self) -> tuple[subprocess.Popen[bytes], Path]:
        self._place.data_dir.mkdir(parents=True, exist_ok=True)
        log = self._place.data_dir / LOG_NAME
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own program
                self._place.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._place.data_dir,
                start_new_session=True,
                creationflags=_detached(),
            )
        return process, log


def _detached() -> int:
    """Return what keeps the server alive on Windows when this process ends."""
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
