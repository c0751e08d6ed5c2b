"""Which transport serves which path."""

from __future__ import annotations

from collections.abc import Sequence

from agentchatbus.ports.transport import HttpTransport, Scope
from agentchatbus.server.answers import Receive, Send, refuse


class Dispatcher:
    """Hands each request to the transport with the longest prefix of its path."""

    def __init__(self, transports: Sequence[HttpTransport]) -> None:
        routes = [(prefix.rstrip("/") + "/", transport) for transport in transports for prefix in transport.prefixes]
        self._routes: list[tuple[str, HttpTransport]] = sorted(routes, key=lambda route: -len(route[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = self._find(scope["path"])
        if transport is None:
            await refuse(send, 404, "Not Found")
        else:
            await transport.app(scope, receive, send)

    def body_limit(self, scope: Scope) -> int | None:
        """Return how large the body of a request may be when its transport has an opinion of its own."""
        transport = self._find(scope["path"])
        return transport.body_limit(scope) if transport is not None else None

    def _find(self, path: str) -> HttpTransport | None:
        path += "/"  # a prefix stands for whole segments
        return next((transport for prefix, transport in self._routes if path.startswith(prefix)), None)
