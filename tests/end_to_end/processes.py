"""Servers and participants as real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

STARTS_WITHIN = 120.0
PARTICIPANT = Path(__file__).with_name("participant.py")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ServerProcess:
    """A bus server that can be killed and started again on the same files."""

    folder: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AGENTCHATBUS_")}
        environment["AGENTCHATBUS_DB"] = str(self.folder / "bus.db")
        environment["AGENTCHATBUS_SERVER__DATA_DIR"] = str(self.folder)
        command = [sys.executable, "-m", "agentchatbus", "serve", "--port", str(self.port), *self.options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.folder)
        self.starts += 1
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=1):
                    return
            except (URLError, OSError):
                time.sleep(0.02)
        raise AssertionError(f"no answer after {STARTS_WITHIN} s: {self.log.read_text()}")

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End the server as Ctrl-C would and return its exit code."""
        return self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@contextmanager
def running_server(folder: Path, *options: str) -> Iterator[ServerProcess]:
    """Run a server for as long as the context lasts."""
    server = ServerProcess(folder, options=options)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


@dataclass
class ParticipantProcess:
    """A participant and what it reported."""

    kind: str
    process: subprocess.Popen[str]
    reports: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def start(cls, kind: str, url: str, thread: str, seat: tuple[int, int, int], log: Path) -> ParticipantProcess:
        command = [sys.executable, str(PARTICIPANT), kind, url, thread, *map(str, seat)]
        with log.open("ab") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=log.parent)
        return cls(kind, process)

    def follow(self) -> Iterator[dict[str, Any]]:
        """Yield reports until the participant ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.reports.append(json.loads(line))
            yield self.reports[-1]

    def all(self, key: str) -> list[Any]:
        return [report[key] for report in self.reports if key in report]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()
