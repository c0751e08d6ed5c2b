"""The MCP server of one bus: every method that clients of either protocol era may call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import mcp_types as types
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from agentchatbus import __version__
from agentchatbus.plugin_api import Bus, BusError, Operations, Session
from agentchatbus_mcp.completions import Completions
from agentchatbus_mcp.identity import Sessions, WayIn
from agentchatbus_mcp.presenters.joining import BUS_NAME
from agentchatbus_mcp.presenters.texts import INSTRUCTIONS
from agentchatbus_mcp.prompts import get_prompt, list_prompts
from agentchatbus_mcp.requests import departure_of
from agentchatbus_mcp.resources import Resources
from agentchatbus_mcp.sdk import Context
from agentchatbus_mcp.tools import Toolbox
from agentchatbus_mcp.updates import Updates

P = TypeVar("P", bound=BaseModel)

LASTING: tuple[CacheableMethod, ...] = (
    "tools/list",
    "prompts/list",
    "resources/templates/list",
    "server/discover",
)
"""What changes only when the server starts with other plugins; clients may keep it for a while."""

LASTS_MS = 300_000


class McpServer:
    """Answers MCP requests with the operations of one bus."""

    def __init__(self, bus: Bus, operations: Operations, *, way_in: WayIn, lists_threads: bool) -> None:
        self.sessions = Sessions(bus.settings)
        self.toolbox = Toolbox(bus, operations)
        self.updates = Updates(bus.feed)
        self._way_in = way_in
        self._resources = Resources(bus, operations, lists_threads=lists_threads)
        self._completions = Completions(operations)
        self.lowlevel = self._build()

    def _build(self) -> Server[WayIn]:
        server = Server(
            BUS_NAME,
            version=__version__,
            instructions=INSTRUCTIONS,
            lifespan=self._lifespan,
            get_tool_input_schema=self.toolbox.input_schema,
            cache_hints=_cache_hints(),
            on_subscriptions_listen=self.updates.listen,
        )
        server.middleware.clear()  # OpenTelemetry costs time on each request and reports to nobody here
        for method, params, handler in self._handlers():
            server.add_request_handler(method, params, _translated(handler))
        return server

    def _handlers(self) -> list[tuple[str, type[Any], Callable[[Context, Any], Awaitable[dict[str, Any]]]]]:
        return [
            ("tools/list", types.PaginatedRequestParams, self._list_tools),
            ("tools/call", types.CallToolRequestParams, self._call_tool),
            ("resources/list", types.PaginatedRequestParams, self._list_resources),
            ("resources/templates/list", types.PaginatedRequestParams, self._list_templates),
            ("resources/read", types.ReadResourceRequestParams, self._read_resource),
            ("resources/subscribe", types.SubscribeRequestParams, self._subscribe),
            ("resources/unsubscribe", types.UnsubscribeRequestParams, self._unsubscribe),
            ("prompts/list", types.PaginatedRequestParams, self._list_prompts),
            ("prompts/get", types.GetPromptRequestParams, self._get_prompt),
            ("completion/complete", types.CompleteRequestParams, self._complete),
            ("logging/setLevel", types.SetLevelRequestParams, self._set_level),
        ]

    @asynccontextmanager
    async def _lifespan(self, _server: Server[WayIn]) -> AsyncIterator[WayIn]:
        yield self._way_in

    async def _list_tools(self, _context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"tools": self.toolbox.listing()}

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> dict[str, Any]:
        session = self.sessions.of(context)
        departure = departure_of(context.request)
        if departure is None or not self.toolbox.blocks(params.name):
            return await self.toolbox.call(params.name, params.arguments, session)
        with departure.ends():
            return await self.toolbox.call(params.name, params.arguments, session)
        raise MCPError(types.INTERNAL_ERROR, "The client is gone")

    async def _list_resources(self, context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"resources": await self._resources.listing(self._snapshot(context))}

    async def _list_templates(self, _context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"resourceTemplates": self._resources.templates()}

    async def _read_resource(self, context: Context, params: types.ReadResourceRequestParams) -> dict[str, Any]:
        return await self._resources.read(str(params.uri), self._snapshot(context), context.protocol_version)

    async def _subscribe(self, context: Context, params: types.SubscribeRequestParams) -> dict[str, Any]:
        self.updates.subscribe(context, str(params.uri))
        return {}

    async def _unsubscribe(self, context: Context, params: types.UnsubscribeRequestParams) -> dict[str, Any]:
        self.updates.unsubscribe(context, str(params.uri))
        return {}

    async def _list_prompts(self, _context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"prompts": list_prompts()}

    async def _get_prompt(self, _context: Context, params: types.GetPromptRequestParams) -> dict[str, Any]:
        return get_prompt(params.name, params.arguments or {})

    async def _complete(self, context: Context, params: types.CompleteRequestParams) -> dict[str, Any]:
        return await self._completions.complete(params, self._snapshot(context))

    async def _set_level(self, _context: Context, _params: types.SetLevelRequestParams) -> dict[str, Any]:
        return {}

    def _snapshot(self, context: Context) -> Session:
        """Return a copy of the client's session, for handlers that call several operations in a row."""
        return replace(self.sessions.of(context))


def _cache_hints() -> dict[CacheableMethod, CacheHint]:
    hints: dict[CacheableMethod, CacheHint] = {"resources/list": CacheHint(), "resources/read": CacheHint()}
    return hints | dict.fromkeys(LASTING, CacheHint(ttl_ms=LASTS_MS, scope="public"))


def _translated(handler: Callable[[Context, P], Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Return the handler with its result marked as final, and refusals of the bus as errors of the protocol."""

    async def translated(context: Context, params: P) -> dict[str, Any]:
        try:
            result = await handler(context, params)
        except BusError as error:
            raise MCPError(types.INVALID_REQUEST, error.message, {"code": error.code}) from None
        is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        return {"resultType": "complete", **result} if is_modern else result

    return translated
