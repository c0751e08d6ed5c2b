"""One server for all tests of the contract, configured so that everything optional is on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.end_to_end.processes import ServerProcess, running_server

SECONDS = 20.0
CONFIGURATION = """
[server]
operator_token = "{operator}"
[bus]
enable_handoff_target = true
enable_stop_reason = true
enable_priority = true
{bus}
[plugins.limits]
messages = "{messages}"
registrations = "off"
writes = "off"
edits = "off"
searches = "off"
"""


@dataclass(slots=True)
class Site:
    """A running server and a person on its machine."""

    server: ServerProcess
    operator: str
    person: httpx.Client

    @property
    def url(self) -> str:
        return self.server.url

    def ask(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """Ask over REST as the person or as an agent; what is asked must be done."""
        headers = {"X-Agent-Token": token} if token else {}
        answer = self.person.request(method, path, headers=headers, **more)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


def client(url: str) -> httpx.Client:
    """Return a client; one that reads no certificates is made in no time."""
    return httpx.Client(base_url=url, timeout=SECONDS, verify=False)


@contextmanager
def serving(folder: Path, *, messages: str = "off", bus: str = "") -> Iterator[Site]:
    """Run a server on files of its own for as long as the context lasts."""
    operator = secrets.token_hex(16)
    file = folder / "agentchatbus.toml"
    file.write_text(CONFIGURATION.format(operator=operator, messages=messages, bus=bus))
    with running_server(folder, "--config", str(file)) as server, client(server.url) as person:
        yield Site(server, operator, person)
