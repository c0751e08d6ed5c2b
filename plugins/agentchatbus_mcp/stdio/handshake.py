"""The session of the handshake era, kept alive across restarts of the server without the client noticing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from agentchatbus_mcp.stdio.envelopes import SESSION_HEADER, VERSION_HEADER, is_response_to, params_of
from agentchatbus_mcp.stdio.lines import Json
from agentchatbus_mcp.stdio.upstream import OK, SESSION_GONE, Lost, Reply, Upstream

RENEWAL = "bridge-initialize"
INITIALIZED: Json = {"jsonrpc": "2.0", "method": "notifications/initialized"}
CONFLICT = 409
"""The server has not noticed yet that the stream before is gone."""

STREAM_RETRY_SECONDS = 1.0


class Handshake:
    """What the client and the server agreed on, and how to agree on it again."""

    def __init__(self, upstream: Upstream, write: Callable[[Json], None]) -> None:
        self._upstream = upstream
        self._write = write
        self._initialize: Json | None = None
        self._headers: dict[str, str] = {}
        self._renewing = asyncio.Lock()
        self._stream: asyncio.Task[None] | None = None
        self._subscriptions: dict[str, Json] = {}

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every message of the session; empty before there is one."""
        return dict(self._headers)

    def begun(self, request: Json, reply: Reply, response: Json) -> None:
        """Take over what the server answered to ``initialize``."""
        session_id = reply.headers.get("mcp-session-id")
        version = (response.get("result") or {}).get("protocolVersion")
        if session_id and isinstance(version, str):
            self._initialize = request
            self._headers = {SESSION_HEADER: session_id, VERSION_HEADER: version}

    def listen(self) -> None:
        """Pass on what the server says unasked, from now on."""
        if self._headers and (self._stream is None or self._stream.done()):
            self._stream = asyncio.create_task(self._listen())

    def note(self, request: Json) -> None:
        """Remember which resources the client wants to be told of."""
        uri = str(params_of(request).get("uri"))
        if request["method"] == "resources/subscribe":
            self._subscriptions[uri] = request
        elif request["method"] == "resources/unsubscribe":
            self._subscriptions.pop(uri, None)

    async def renew(self, headers: dict[str, str]) -> bool:
        """Agree again with a server that does not know the session of these headers any more.

        Returns:
            Whether there is a session now.

        Raises:
            Lost: The server went away again.
        """
        async with self._renewing:
            if self._initialize is None:
                return False
            if self._headers == headers:
                await self._begin_again(self._initialize)
        return True

    async def close(self) -> None:
        """End the session."""
        if self._stream is not None:
            self._stream.cancel()
        if self._headers:
            with suppress(Lost):
                await self._upstream.delete(self._headers)

    async def _begin_again(self, initialize: Json) -> None:
        request = {**initialize, "id": RENEWAL}
        async with self._upstream.post(request, {}) as reply:
            async for message in reply.messages():
                if is_response_to(message, RENEWAL):
                    self.begun(initialize, reply, message)
        for message in (INITIALIZED, *self._subscriptions.values()):
            async with self._upstream.post(message, self._headers) as reply:
                await _drain(reply)

    async def _listen(self) -> None:
        while True:
            headers = self.headers
            try:
                async with self._upstream.get(headers) as reply:
                    if reply.status == OK:
                        await self._pass_on(reply)
                if reply.status == SESSION_GONE:
                    await self.renew(headers)
                elif reply.status not in (OK, CONFLICT):
                    return
            except Lost:
                pass
            await asyncio.sleep(STREAM_RETRY_SECONDS)

    async def _pass_on(self, reply: Reply) -> None:
        async for message in reply.messages():
            self._write(message)


async def _drain(reply: Reply) -> None:
    if reply.status == OK:
        async for _ in reply.messages():
            pass
