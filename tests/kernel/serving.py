"""A server under test in a process of its own, with the probe plugin and nothing else."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROBE = Path(__file__).with_name("probe_plugin.py")
ENDS_WITHIN = 60.0
"""Generous, for busy machines; a server that waits for its open requests needs minutes."""


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what would configure a bus."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AGENTCHATBUS_")} | more


def write_configuration(folder: Path, text: str = "") -> Path:
    """Write a configuration with the probe plugin alone; `text` is appended."""
    file = folder / "agentchatbus.toml"
    paths = json.dumps([str(PROBE)])
    file.write_text(f'[plugins]\nenable = []\npaths = {paths}\n[storage]\nbackend = "memory"\n{text}')
    return file


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the bus to its end."""
    return subprocess.run(
        [sys.executable, "-m", "agentchatbus", *arguments],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class RunningServer:
    """A server that answers; `lines` are those it printed at its start."""

    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def url(self) -> str:
        return self.lines[0].split()[-1]

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send one request; return the status and the JSON of the answer."""
        with self.opened(method, path, body, **headers) as response:
            return response.status, json.loads(response.read())

    @contextmanager
    def opened(self, method: str, path: str, body: Any = None, **headers: str) -> Iterator[http.client.HTTPResponse]:
        """Send one request and hold its answer open."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body, headers)
            yield connection.getresponse()
        finally:
            connection.close()

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def ended(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code, and what was printed since the start."""
        out, errors = self.process.communicate(timeout=ENDS_WITHIN)
        return self.process.returncode, out, errors


@contextmanager
def running_server(configuration: Path, *options: str, **environment: str) -> Iterator[RunningServer]:
    """Run a server on any free port for as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agentchatbus", "--config", str(configuration), "--port", "0", *options],
        env=clean_environment(HOME=str(configuration.parent), **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield RunningServer(process, [process.stdout.readline().rstrip("\n") for _ in range(3)])
    finally:
        process.kill()
        process.communicate()
