"""The server under test: a process of its own on an empty database, and what the system says of it."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Address, Connection

START_SECONDS = 30.0
SETTLE_LOOKS = 40
SETTLE_PAUSE = 0.25
SETTLED_SHARE = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
NO_LIMIT = "1000000/minute"
"""A rate that nobody reaches: the limits are at work, and in nobody's way."""

Prepare = Callable[[Path], Awaitable[None]]
"""Fills a folder before a server starts on it."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        address: Where it listens.
        process: Its process.
        start_seconds: From the start of the process to the first 200 on /health.
        start_cpu_seconds: Processor time it took for that.
    """

    address: Address
    process: asyncio.subprocess.Process
    start_seconds: float
    start_cpu_seconds: float

    def cpu_seconds(self) -> float:
        """Return the processor time used so far."""
        return _cpu_seconds(self.process.pid)

    async def settle(self) -> None:
        """Return when the server has nothing more to do for itself, such as loading what nobody needed at once."""
        cpu = self.cpu_seconds()
        for _ in range(SETTLE_LOOKS):
            await asyncio.sleep(SETTLE_PAUSE)
            before, cpu = cpu, self.cpu_seconds()
            if cpu - before <= SETTLE_PAUSE * SETTLED_SHARE:
                return

    def rss_bytes(self) -> int:
        """Return the resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def running(
    *, plugins: tuple[Path, ...] = (), settled: bool = True, prepare: Prepare | None = None
) -> AsyncIterator[Server]:
    """Start a server for the block.

    Args:
        plugins: Files to load.
        settled: Whether to wait until the server is idle.
        prepare: Fills the folder of the database before the start.
    """
    allow_many_connections()
    with tempfile.TemporaryDirectory(prefix="agentchatbus-bench-") as folder:
        address = Address("127.0.0.1", _free_port())
        configuration = _write_configuration(Path(folder), address, plugins)
        if prepare is not None:
            await prepare(Path(folder))
        begun = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "agentchatbus", "serve", "--config", str(configuration)),
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": folder},
        )
        try:
            await _until_up(address, process)
            start_seconds = time.perf_counter() - begun
            server = Server(address, process, start_seconds, _cpu_seconds(process.pid))
            if settled:
                await server.settle()
            yield server
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def allow_many_connections() -> None:
    """Raise the limit of open files, which the server inherits, as far as the system lets us."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _write_configuration(folder: Path, address: Address, plugins: tuple[Path, ...]) -> Path:
    paths = ", ".join(f'"{path}"' for path in plugins)
    configuration = folder / "agentchatbus.toml"
    configuration.write_text(
        f"""
[server]
host = "{address.host}"
port = {address.port}
[plugins]
paths = [{paths}]
[plugins.sqlite]
path = "{folder / "bus.db"}"
[plugins.limits]
messages = "{NO_LIMIT}"
registrations = "{NO_LIMIT}"
writes = "{NO_LIMIT}"
searches = "{NO_LIMIT}"
"""
    )
    return configuration


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _until_up(address: Address, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.returncode is None:
        try:
            connection = await Connection.open(address)
        except OSError:
            await asyncio.sleep(0.005)
            continue
        answer = await connection.request("GET", "/health")
        connection.close()
        if answer.status == 200:
            return
    raise RuntimeError(f"The server did not come up; its exit code is {process.returncode}.")
