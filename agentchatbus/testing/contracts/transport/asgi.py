"""Requests to an ASGI application without a server between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from agentchatbus.ports.transport import AsgiApp

Event = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request; `path` may carry a query string."""

    path: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def scope(self) -> Event:
        """Return the request as a server tells an application."""
        path, _, query = self.path.partition("?")
        headers = {"host": "127.0.0.1:39765", "content-length": str(len(self.body))}
        if self.body:
            headers["content-type"] = "application/json"
        headers |= {name.lower(): value for name, value in self.headers.items()}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 39765),
            "state": {},
        }


@dataclass(slots=True, kw_only=True)
class HttpAnswer:
    """What the application answered so far; `status` is 0 until it has begun."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def take(self, message: Mapping[str, Any]) -> None:
        """Add what the application sent."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


async def send(app: AsgiApp, request: HttpRequest, hang_up: asyncio.Event | None = None) -> HttpAnswer:
    """Send a request and return the whole answer.

    Args:
        app: The application.
        request: What is sent.
        hang_up: The client goes away when this is set.
    """
    answer = HttpAnswer()
    unread = [request.body]
    gone = hang_up or asyncio.Event()

    async def receive() -> Event:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def take(message: Event) -> None:
        answer.take(message)

    await app(request.scope(), receive, take)
    return answer
