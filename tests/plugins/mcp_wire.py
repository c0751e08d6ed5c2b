"""A client on the other end of a bridge."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agentchatbus_mcp.stdio.bridge import Bridge
from agentchatbus_mcp.stdio.lines import LineReader
from agentchatbus_mcp.stdio.starting import ServerPlace, ServerStarter
from agentchatbus_mcp.stdio.upstream import Upstream, mcp_url
from tests.plugins.mcp_site import until

INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
MODERN = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
}


class Wire:
    """The client's end of a bridge."""

    def __init__(self, pipe: int) -> None:
        self.received: list[dict[str, Any]] = []
        self._pipe = pipe
        self._last_id = 0

    def send(self, method: str, params: dict[str, Any] | None = None) -> None:
        """Send a notification."""
        self.put({"jsonrpc": "2.0", "method": method, "params": params or {}})

    def ask(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Send a request and return its id."""
        self._last_id += 1
        self.put({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params or {}})
        return self._last_id

    def put(self, message: Any) -> None:
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, data: bytes) -> None:
        os.write(self._pipe, data)

    def answers(self, identifier: int) -> list[dict[str, Any]]:
        return [message for message in self.received if message.get("id") == identifier and "method" not in message]

    async def answer(self, identifier: int) -> dict[str, Any]:
        """Return the one answer to a request."""
        await until(lambda: bool(self.answers(identifier)), within=10)
        [answer] = self.answers(identifier)
        return answer

    async def call(self, tool: str, *, modern: bool = False, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return the structured content."""
        params = {"name": tool, "arguments": arguments} | (MODERN if modern else {})
        answer = await self.answer(self.ask("tools/call", params))
        assert "result" in answer, answer
        content: dict[str, Any] = answer["result"]["structuredContent"]
        return content

    async def initialize(self) -> dict[str, Any]:
        answer = await self.answer(self.ask("initialize", INITIALIZE))
        self.send("notifications/initialized")
        return answer

    def hang_up(self) -> None:
        os.close(self._pipe)
        self._pipe = -1

    @property
    def is_open(self) -> bool:
        return self._pipe >= 0


@asynccontextmanager
async def bridged(url: str, tmp_path: Path, **wishes: str) -> AsyncIterator[Wire]:
    """Run a bridge to a server in this process for as long as the context lasts; `wishes` go into its address."""
    source, sink = os.pipe()
    wire = Wire(sink)
    upstream = Upstream(mcp_url(f"{url}/mcp", wishes), {"X-Bus-Transport": "mcp-stdio"}, uses_proxies=False)
    server = ServerStarter(ServerPlace(url=url, data_dir=tmp_path, may_start=False), say=lambda text: None)
    bridge = asyncio.create_task(Bridge(upstream, server, wire.received.append).run(LineReader(source)))
    try:
        yield wire
    finally:
        if wire.is_open:
            wire.hang_up()
        await bridge
        await upstream.close()
        os.close(source)
