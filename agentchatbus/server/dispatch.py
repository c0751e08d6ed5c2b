"""Which transport serves which path."""

from __future__ import annotations

from collections.abc import Sequence

from agentchatbus.ports.transport import AsgiApp, HttpTransport, Scope
from agentchatbus.server.answers import Receive, Send, refuse


class Dispatcher:
    """Hands each request to the transport with the longest prefix of its path."""

    def __init__(self, transports: Sequence[HttpTransport]) -> None:
        routes = [(prefix.rstrip("/"), transport.app) for transport in transports for prefix in transport.prefixes]
        self._routes: list[tuple[str, AsgiApp]] = sorted(routes, key=lambda route: -len(route[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._find(scope["path"])
        if app is None:
            await refuse(send, 404, "Not Found")
        else:
            await app(scope, receive, send)

    def _find(self, path: str) -> AsgiApp | None:
        for prefix, app in self._routes:
            if path == prefix or path.startswith(prefix + "/"):
                return app
        return None
