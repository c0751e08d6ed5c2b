"""What every request passes before a transport sees it: Host, Origin, and the size of the body."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from agentchatbus.config import ServerTable
from agentchatbus.ports.transport import AsgiApp, BodyLimit, Message, Scope, no_limit_of_its_own
from agentchatbus.server.answers import Header, Receive, Send, answer, refuse
from agentchatbus.server.origin import AccessPolicy

logger = logging.getLogger(__name__)

PREFLIGHT = {
    b"access-control-request-method": b"access-control-allow-methods",
    b"access-control-request-headers": b"access-control-allow-headers",
}
"""What a browser asks before it lets a page use another server, and how that is granted."""

DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 5.0
"""How much of a refused body is read, and for how long, so that its sender gets to see the answer."""


@dataclass(frozen=True, slots=True)
class _Headers:
    """The headers that the guard looks at."""

    hosts: list[bytes]
    origins: list[bytes]
    length: bytes | None
    is_chunked: bool

    @classmethod
    def of(cls, headers: list[Header]) -> _Headers:
        found: dict[bytes, list[bytes]] = {b"host": [], b"origin": [], b"content-length": [], b"transfer-encoding": []}
        for name, value in headers:
            if name in found:
                found[name].append(value)
        return cls(
            hosts=found[b"host"],
            origins=found[b"origin"],
            length=found[b"content-length"][0] if found[b"content-length"] else None,
            is_chunked=bool(found[b"transfer-encoding"]),
        )

    @property
    def has_body(self) -> bool:
        """Whether a body may follow."""
        return self.length is not None or self.is_chunked


class Guard:
    """Wraps an application; what does not pass is answered here."""

    def __init__(
        self,
        app: AsgiApp,
        server: ServerTable,
        *,
        max_body_bytes: int,
        body_limit: BodyLimit = no_limit_of_its_own,
    ) -> None:
        """Wrap an application.

        Args:
            app: The application.
            server: Which names and origins pass.
            max_body_bytes: The size of a body that nobody else limits.
            body_limit: Says how large the body of a request may be; None leaves it to `max_body_bytes`.
        """
        self._app = app
        self._policy = AccessPolicy(server)
        self._max_body_bytes = max_body_bytes
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # httptools hands over the blanks around a value, which belong to no header.
        scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        headers = _Headers.of(scope["headers"])
        if problem := self._problem(headers, scope):
            status, detail = problem
            await _turn_away(receive, send, status, detail)
        elif headers.origins and self._policy.is_foreign_guest(headers.origins[0].decode("latin-1")):
            await self._welcome(headers.origins[0], scope, receive, send)
        else:
            await self._measure(headers, scope, receive, send)

    def _problem(self, headers: _Headers, scope: Scope) -> tuple[int, str] | None:
        """Return how to refuse the request, or None when it may pass."""
        host = headers.hosts[0].decode("latin-1") if len(headers.hosts) == 1 else ""
        if not self._policy.knows_host(host, scope):
            return 421, "The Host header names another server. Add the name to allowed_hosts in [server] to use it."
        if len(headers.origins) > 1 or any(
            not self._policy.allows_origin(origin.decode("latin-1"), host, scope) for origin in headers.origins
        ):
            return 403, "Pages of this origin may not use the bus. Add it to allowed_origins in [server] to let them."
        return None

    async def _measure(self, headers: _Headers, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, but not a body that says it is too large or turns out to be.

        The application is asked in any case: a transport may have to know that a message of its client got lost.
        """
        if not headers.has_body:
            await self._app(scope, receive, send)
            return
        declared = int(headers.length) if headers.length is not None and headers.length.isdigit() else 0
        limit = self._body_limit(scope) or self._max_body_bytes
        if declared <= limit and headers.length is not None:
            await self._app(scope, receive, send)
            return
        detail = f"The body of the request is larger than {limit} bytes."
        body = _Measured(receive, send, limit, detail, is_too_large=declared > limit)
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            if not body.is_refused:
                raise
            logger.debug("A request ended because its body was too large", exc_info=True)

    async def _welcome(self, origin: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a page of another origin, and tell its browser that this is meant."""
        asked = [(name, value) for name, value in scope["headers"] if name in PREFLIGHT]
        granted: list[Header] = [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"mcp-session-id, retry-after"),
            (b"vary", b"origin"),
        ]
        if scope["method"] == "OPTIONS" and asked:
            await answer(send, 204, [*granted, *((PREFLIGHT[name], value) for name, value in asked)])
            return

        async def send_granted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *granted]
            await send(message)

        await self._measure(_Headers.of(scope["headers"]), scope, receive, send_granted)


class _Measured:
    """A request whose body is counted while it is read; one that is too large is answered and ends for its reader."""

    def __init__(self, receive: Receive, send: Send, limit: int, detail: str, *, is_too_large: bool) -> None:
        self.is_refused = False
        self._receive = receive
        self._send = send
        self._limit = limit
        self._detail = detail
        self._size = 0
        self._is_too_large = is_too_large
        self._is_answered = False

    async def receive(self) -> Message:
        if self.is_refused:
            return {"type": "http.disconnect"}
        if not self._is_too_large or self._is_answered:
            message = await self._receive()
            self._size += len(message.get("body", b""))
            if self._size <= self._limit:
                return message
        self.is_refused = not self._is_answered
        if self.is_refused:
            await _turn_away(self._receive, self._send, 413, self._detail)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.is_refused:
            self._is_answered = True
            await self._send(message)


async def _turn_away(receive: Receive, send: Send, status: int, detail: str) -> None:
    """Refuse a request, and read on before the connection ends.

    Who closes a connection with unread data resets it, and a client that sends everything first never sees the answer.
    """

    async def send_open(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    await refuse(send_open, status, detail, closes=True)
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await _drain(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    size, is_more = 0, True
    while is_more and size < DRAIN_BYTES:
        message = await receive()
        size += len(message.get("body", b""))
        is_more = message.get("more_body", False)
