"""What every HTTP request goes through before the SDK sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import anyio
from starlette.requests import Request

from agentchatbus.plugin_api import AsgiApp

Scope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]

DEPARTURE_KEY = "agentchatbus.departure"
GRACE_SECONDS = 0.25
"""How long requests may take to end by themselves when the server stops."""


class Departure:
    """Ends work that nobody waits for any more, once the client of a request has gone."""

    def __init__(self) -> None:
        self._work: set[anyio.CancelScope] = set()
        self._has_left = False

    def happened(self) -> None:
        """End the work that goes on for this client."""
        self._has_left = True
        for scope in self._work:
            scope.cancel()

    @contextmanager
    def ends(self) -> Iterator[anyio.CancelScope]:
        """Cancel the body of the context as soon as the client has gone."""
        with anyio.CancelScope() as scope:
            self._work.add(scope)
            if self._has_left:
                scope.cancel()
            try:
                yield scope
            finally:
                self._work.discard(scope)


def departure_of(request: Request | None) -> Departure | None:
    """Return what tells that the client of this request has gone, where the way in can tell."""
    return request.scope.get(DEPARTURE_KEY) if request is not None else None


class OpenRequests:
    """The requests that are being served; a stop looks to them as if their clients had gone."""

    def __init__(self) -> None:
        self._cut = asyncio.get_running_loop().create_future()

    async def serve(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; one that is cut off by a stop still gets the end of its response."""
        reply = _Reply(send)
        client = _Client(receive, self._cut)
        await app({**scope, DEPARTURE_KEY: client.departure}, client.receive, reply.send)
        if self._cut.done():
            await reply.finish()

    def stop(self) -> None:
        """End what is still open after a moment in which waits answer that the bus stops."""
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self.end)

    def end(self) -> None:
        """End what is still open now."""
        if not self._cut.done():
            self._cut.set_result(None)


class _Client:
    """What comes from the client of one request."""

    def __init__(self, receive: Receive, cut: asyncio.Future[None]) -> None:
        self.departure = Departure()
        self._receive = receive
        self._cut = cut
        self._has_body = False

    async def receive(self) -> AsgiMessage:
        message = await (self._disconnect() if self._has_body else self._receive())
        if message["type"] == "http.disconnect":
            self.departure.happened()
        self._has_body = not message.get("more_body", False)
        return message

    async def _disconnect(self) -> AsgiMessage:
        """Wait until the client goes or the server stops, whichever is first."""
        receiving: asyncio.Future[AsgiMessage] = asyncio.ensure_future(self._receive())
        try:
            both: list[asyncio.Future[Any]] = [receiving, self._cut]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else {"type": "http.disconnect"}
        finally:
            receiving.cancel()


class _Reply:
    """Knows how much of a response is sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_started = False
        self._is_complete = False

    async def send(self, message: AsgiMessage) -> None:
        await self._send(message)
        self._is_started = self._is_started or message["type"] == "http.response.start"
        self._is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def finish(self) -> None:
        if self._is_complete:
            return
        if not self._is_started:
            await self._send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"1")]})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def plain_response(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    """Answer with a short text."""
    body = text.encode()
    default = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*default, *(headers or [])]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
