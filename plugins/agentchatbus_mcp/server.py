"""The MCP server of one bus: every method that clients of either protocol era may call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import mcp_types as types
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from agentchatbus import __version__
from agentchatbus.plugin_api import Bus, BusError, Offers, Operations, Session
from agentchatbus_mcp.changes import Changes
from agentchatbus_mcp.clients import AbilityMissing, InputNeeded, McpClient, set_level
from agentchatbus_mcp.completions import Completions
from agentchatbus_mcp.identity import Sessions, WayIn, profile_of
from agentchatbus_mcp.presenters.joining import BUS_NAME
from agentchatbus_mcp.presenters.texts import INSTRUCTIONS
from agentchatbus_mcp.prompts import Prompts
from agentchatbus_mcp.requests import departure_of
from agentchatbus_mcp.resources import Resources
from agentchatbus_mcp.sdk import Context
from agentchatbus_mcp.settings import McpSettings
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


class HonestServer(Server[WayIn]):
    """The SDK's server, which says of its lists what is true: those of tools and prompts never change."""

    def __init__(self, name: str, *, relists: bool, **options: Any) -> None:
        super().__init__(name, **options)
        self._relists = relists

    def get_capabilities(self, *arguments: Any, **options: Any) -> types.ServerCapabilities:
        found = super().get_capabilities(*arguments, **options)
        for part in (found.tools, found.prompts, found.resources):
            if part is not None:
                part.list_changed = self._relists and part is found.resources
        return found


class McpServer:
    """Answers MCP requests with the operations of one bus."""

    def __init__(
        self, bus: Bus, operations: Operations, offers: Offers, *, way_in: WayIn, settings: McpSettings
    ) -> None:
        lists_threads = bus.settings.expose_thread_resources
        self.sessions = Sessions(bus.settings)
        self.toolbox = Toolbox(bus, operations, unknown=settings.unknown_tools)
        self._changes = Changes(offers, lists_threads=lists_threads)
        self.updates = Updates(bus.feed, self._changes)
        self._way_in = way_in
        self._profile = settings.tools
        self._resources = Resources(bus, operations, offers, lists_threads=lists_threads)
        self._prompts = Prompts(operations, offers)
        self._completions = Completions(operations)
        self.lowlevel = self._build()

    def _build(self) -> HonestServer:
        server = HonestServer(
            BUS_NAME,
            relists=self._changes.can_relist,
            version=__version__,
            instructions=INSTRUCTIONS,
            lifespan=self._lifespan,
            get_tool_input_schema=self.toolbox.input_schema,
            cache_hints=_cache_hints(),
            on_subscriptions_listen=self.updates.listen,
        )
        # Instead of OpenTelemetry, which costs time on each request and reports to nobody here.
        sealed = RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=BUS_NAME)
        server.middleware[:] = [sealed]
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

    async def _list_tools(self, context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"tools": self.toolbox.listing(profile_of(context, default=self._profile))}

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> dict[str, Any]:
        session, client = self.sessions.of(context), McpClient(context, params)
        departure = departure_of(context.request)
        if departure is None or not self.toolbox.blocks(params.name):
            return await self.toolbox.call(params.name, params.arguments, session, client)
        with departure.ends():
            return await self.toolbox.call(params.name, params.arguments, session, client)
        raise MCPError(types.INTERNAL_ERROR, "The client is gone")

    async def _list_resources(self, context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        self.updates.list_was_read(context)
        return {"resources": await self._resources.listing(self._snapshot(context))}

    async def _list_templates(self, _context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"resourceTemplates": self._resources.templates()}

    async def _read_resource(self, context: Context, params: types.ReadResourceRequestParams) -> dict[str, Any]:
        session, client = self._snapshot(context), McpClient(context, params)
        return await self._resources.read(str(params.uri), session, client, context.protocol_version)

    async def _subscribe(self, context: Context, params: types.SubscribeRequestParams) -> dict[str, Any]:
        self.updates.subscribe(context, str(params.uri))
        return {}

    async def _unsubscribe(self, context: Context, params: types.UnsubscribeRequestParams) -> dict[str, Any]:
        self.updates.unsubscribe(context, str(params.uri))
        return {}

    async def _list_prompts(self, _context: Context, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"prompts": self._prompts.listing()}

    async def _get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> dict[str, Any]:
        session, client = self.sessions.of(context), McpClient(context, params)
        return await self._prompts.get(params.name, params.arguments or {}, session, client)

    async def _complete(self, context: Context, params: types.CompleteRequestParams) -> dict[str, Any]:
        return await self._completions.complete(params, self._snapshot(context))

    async def _set_level(self, context: Context, params: types.SetLevelRequestParams) -> dict[str, Any]:
        set_level(context, params.level)
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
        except InputNeeded as needed:
            return needed.result()
        except AbilityMissing as missing:
            raise missing.protocol_error() from None
        except BusError as error:
            raise MCPError(types.INVALID_REQUEST, error.message, {"code": error.code}) from None
        is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        return {"resultType": "complete", **result} if is_modern else result

    return translated
