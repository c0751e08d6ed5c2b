"""What every request passes before a transport sees it: Host, Origin, and the size of the body."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from agentchatbus.config import ServerTable
from agentchatbus.ports.transport import AsgiApp, Message, Scope
from agentchatbus.server.answers import Header, Receive, Send, answer, refuse
from agentchatbus.server.origin import AccessPolicy

logger = logging.getLogger(__name__)

PREFLIGHT = {
    b"access-control-request-method": b"access-control-allow-methods",
    b"access-control-request-headers": b"access-control-allow-headers",
}
"""What a browser asks before it lets a page use another server, and how that is granted."""


@dataclass(frozen=True, slots=True)
class _Headers:
    """The headers that the guard looks at."""

    hosts: list[bytes]
    origins: list[bytes]
    length: bytes | None

    @classmethod
    def of(cls, headers: list[Header]) -> _Headers:
        lengths = [value for name, value in headers if name == b"content-length"]
        return cls(
            hosts=[value for name, value in headers if name == b"host"],
            origins=[value for name, value in headers if name == b"origin"],
            length=lengths[0] if lengths else None,
        )


class Guard:
    """Wraps an application; what does not pass is answered here."""

    def __init__(self, app: AsgiApp, server: ServerTable, *, max_body_bytes: int) -> None:
        self._app = app
        self._policy = AccessPolicy(server)
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # httptools hands over the blanks around a value, which belong to no header.
        scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        headers = _Headers.of(scope["headers"])
        if problem := self._problem(headers, scope):
            status, detail = problem
            await refuse(send, status, detail, closes=True)
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
        if headers.length is not None and headers.length.isdigit() and int(headers.length) > self._max_body_bytes:
            return 413, self._too_large()
        return None

    async def _measure(self, headers: _Headers, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass; a body that does not say how long it is is counted on the way."""
        if headers.length is not None or not any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        body = _Measured(receive, send, self._max_body_bytes, self._too_large())
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

    def _too_large(self) -> str:
        return f"The body of the request is larger than {self._max_body_bytes} bytes."


class _Measured:
    """A request whose body is counted while it is read; one that is too large is answered and ends for its reader."""

    def __init__(self, receive: Receive, send: Send, limit: int, detail: str) -> None:
        self.is_refused = False
        self._receive = receive
        self._send = send
        self._limit = limit
        self._detail = detail
        self._size = 0
        self._is_answered = False

    async def receive(self) -> Message:
        if self.is_refused:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size <= self._limit:
            return message
        self.is_refused = True
        if not self._is_answered:
            await refuse(self._send, 413, self._detail, closes=True)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.is_refused:
            self._is_answered = True
            await self._send(message)
