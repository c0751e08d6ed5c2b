"""Who may speak MCP with a bus that the network can reach: whoever shows a token with each request, as MCP wants it.

What an operation may do is decided when it is called. This is the door before it: lists of tools and open streams are
for nobody who has proven nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson
from starlette.requests import Request

from agentchatbus.plugin_api import Bus, BusSettings, Credentials, Unauthenticated
from agentchatbus_mcp.identity import bearer_of, credentials_of
from agentchatbus_mcp.requests import Scope, Send

CHALLENGE = 'Bearer realm="AgentChatBus"'


class Admission:
    """The door of one way in."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def refuses(self, scope: Scope, send: Send) -> bool:
        """Answer a request that proves nothing, and return whether it was one; on loopback all come in."""
        if self._bus.settings.is_open:
            return False
        problems: list[Unauthenticated] = []
        proofs = list(_proofs(Request(scope), self._bus.settings))
        for credentials in proofs:
            try:
                await self._bus.identify(credentials)
            except Unauthenticated as error:
                problems.append(error)
            else:
                return False
        is_wrong = any(proof.token or proof.operator_token for proof in proofs)
        await _refuse(send, problems[0].message, is_wrong=is_wrong)
        return True


def _proofs(request: Request, settings: BusSettings) -> Iterator[Credentials]:
    """Yield what may prove something: all of it, then the token that stands beside an agent's.

    So who may come in is told by the call itself that its agent's token is worth nothing any more.
    """
    shown = credentials_of(request, settings, "mcp")
    yield shown
    bearer = bearer_of(request)
    if bearer and shown.token and bearer != shown.token:
        yield replace(shown, token=bearer)


async def _refuse(send: Send, text: str, *, is_wrong: bool) -> None:
    challenge = CHALLENGE + (', error="invalid_token"' if is_wrong else "")
    body = orjson.dumps({"detail": text})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"www-authenticate", challenge.encode()),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
