"""A bus behind a real web server in this process, and MCP clients for it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from mcp.client.client import Client
from mcp.client.sse import sse_client

from agentchatbus.plugin_api import BusSettings, Plugin, StorageOffer
from agentchatbus.server import Dispatcher, Guard
from agentchatbus.testing import BusHarness, MakeBus
from agentchatbus_mcp import McpHttpPlugin, McpSsePlugin
from agentchatbus_mcp.identity import WayIn
from agentchatbus_mcp.server import McpServer
from agentchatbus_mcp.settings import McpSettings

WAYS_IN = ("http-legacy", "http-modern", "sse-legacy", "sse-modern")


def mcp_plugins(**settings: Any) -> list[Plugin[Any]]:
    """Return the plugins that serve MCP over HTTP."""
    return [McpHttpPlugin(McpSettings(**settings)), McpSsePlugin(McpSettings(**settings))]


def client_of(harness: BusHarness, **options: Any) -> Client:
    """Return a client without a web server in between; its calls are those of one connection."""
    way_in = WayIn(transport="mcp-test")
    app = harness.app
    server = McpServer(app.bus, app.operations, app.offers, way_in=way_in, settings=McpSettings())
    return Client(server.lowlevel, mode="legacy", **options)


@asynccontextmanager
async def held(client: Client) -> AsyncIterator[Client]:
    """Hold a client open for a fixture: a task of its own enters and leaves it, as its library demands."""
    is_ready, is_over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with client:
            is_ready.set()
            await is_over.wait()

    task = asyncio.create_task(hold())
    ready = asyncio.create_task(is_ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield client
    finally:
        is_over.set()
        await asyncio.gather(task, ready)


@dataclass
class Site:
    """A bus that can be reached at a URL."""

    harness: BusHarness
    url: str
    server: uvicorn.Server
    serving: asyncio.Task[None]

    async def stop(self) -> None:
        """Stop as the server of the bus does: waits end first, then streams, then connections."""
        self.harness.stop_feed()
        for transport in self.harness.app.transports:
            transport.stop()
        self.server.should_exit = True
        await self.serving

    async def cut(self) -> None:
        """Stop without a word to those who wait."""
        self.server.force_exit = True
        for transport in self.harness.app.transports:
            transport.stop()
        self.server.should_exit = True
        await self.serving

    def client(self, way_in: str, *, query: str = "", **options: Any) -> Client:
        """Return a client that is not connected yet."""
        transport, _, era = way_in.partition("-")
        mode = "2026-07-28" if era == "modern" else era
        target = sse_client(f"{self.url}/mcp/sse{query}") if transport == "sse" else f"{self.url}/mcp{query}"
        return Client(target, mode=mode, **options)


@asynccontextmanager
async def serving(
    make_bus: MakeBus,
    *,
    more: Sequence[Plugin[Any]] = (),
    settings: BusSettings | None = None,
    storage: StorageOffer | None = None,
    port: int = 0,
    **mcp: Any,
) -> AsyncIterator[Site]:
    """Serve a bus for as long as the context lasts; `mcp` are settings of its MCP plugins."""
    harness = await make_bus(plugins=[*mcp_plugins(**mcp), *more], settings=settings, storage=storage)
    # Says that it is TCP: asyncio turns Nagle's algorithm off only then, and each request would take 40 ms longer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    async with AsyncExitStack() as stack:
        for transport in harness.app.transports:
            await stack.enter_async_context(transport.lifespan())
        app = Guard(Dispatcher(harness.app.transports), harness.app.config.server, max_body_bytes=2**22)
        config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=3)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        site = Site(harness, f"http://127.0.0.1:{listener.getsockname()[1]}", server, task)
        try:
            yield site
        finally:
            await site.stop()


async def until(condition: Callable[[], bool], *, within: float = 1.0) -> None:
    """Give the loop turns until something is so.

    Raises:
        TimeoutError: It is not so in time.
    """
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what happens in another task sets no event
            await asyncio.sleep(0.002)


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that must succeed and return what it answered."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return dict(result.structured_content or {})


async def refused(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that must refuse; text and structured content must say the same."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    [block] = result.content
    assert block.type == "text"
    assert json.loads(block.text) == result.structured_content
    return dict(result.structured_content or {})
