"""A plugin of one file for servers under test: storage in memory, and requests that stay open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from agentchatbus.plugin_api import (
    Bus,
    Caller,
    CallerKind,
    HttpTransport,
    Operations,
    Plugin,
    PluginSettings,
    StorageOffer,
    ThreadDraft,
    WaitRequest,
    hookimpl,
)
from agentchatbus.testing import memory_offer

PERSON = Caller(kind=CallerKind.HUMAN)


class ProbeSettings(PluginSettings):
    """The table ``[plugins.probe_plugin]``."""

    word: str = "probe"


class ProbePlugin(Plugin[ProbeSettings]):
    """Serves paths that show how the server treats requests."""

    settings_type = ProbeSettings

    @hookimpl
    def register_storage(self) -> Sequence[StorageOffer]:
        return [memory_offer()]

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations) -> Sequence[HttpTransport]:
        return [HttpTransport(name="probe", prefixes=("/",), app=Probe(bus, self.settings.word))]


class Probe:
    """An application with one method a path."""

    def __init__(self, bus: Bus, word: str) -> None:
        self._bus = bus
        self._word = word

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await getattr(self, scope["path"].strip("/") or "health")(scope, receive, send)

    async def health(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as a bus does."""
        await self._answer(send, {"service": "AgentChatBus", "version": "9.9", "word": self._word})

    async def echo(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with the request's headers and the size of its body."""
        size, is_whole = 0, False
        while not is_whole:
            message = await receive()
            size += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await self._answer(send, {"headers": headers, "size": size})

    async def wait(self, scope: Any, receive: Any, send: Any) -> None:
        """Wait for a message, and say why the wait ended."""
        thread = (await self._bus.threads.create(ThreadDraft(topic="Probe"), PERSON)).thread
        await self._open(send)
        outcome = await self._bus.waiting.wait(WaitRequest(thread_id=thread.id, after_seq=0), PERSON)
        await send({"type": "http.response.body", "body": outcome.reason.encode()})

    async def stream(self, scope: Any, receive: Any, send: Any) -> None:
        """Stream until the feed ends."""
        await self._open(send)
        while not self._bus.feed.closed:
            await self._bus.feed.wait(self._bus.feed.newest)
        await send({"type": "http.response.body", "body": b"end"})

    async def slow(self, scope: Any, receive: Any, send: Any) -> None:
        """Go on for a while after the server has begun to stop."""
        await self._open(send)
        while not self._bus.feed.closed:
            await self._bus.feed.wait(self._bus.feed.newest)
        await asyncio.sleep(0.5)
        await send({"type": "http.response.body", "body": b"done"})

    async def stuck(self, scope: Any, receive: Any, send: Any) -> None:
        """Stay open whatever happens."""
        await self._open(send)
        await asyncio.Event().wait()

    async def _open(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"open\n", "more_body": True})

    async def _answer(self, send: Any, value: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(value).encode()})
