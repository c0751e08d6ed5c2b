"""Which requests may be sent again when their answer was lost.

Reading may always be repeated. A tool that takes an idempotency key is given one by the bridge, so that it is done once
however often it is sent.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from agentchatbus_mcp.stdio.envelopes import (
    CAPABILITIES_KEY,
    MODERN,
    VERSION_KEY,
    is_response_to,
    params_of,
    routing_headers,
)
from agentchatbus_mcp.stdio.lines import Json
from agentchatbus_mcp.stdio.upstream import Upstream

KEY = "idempotency_key"
LISTING = "bridge-tools"


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What matters of one tool."""

    is_repeatable: bool
    takes_key: bool

    @classmethod
    def of(cls, listing: Json) -> ToolFacts:
        hints = listing.get("annotations") or {}
        properties = (listing.get("inputSchema") or {}).get("properties") or {}
        return cls(bool(hints.get("readOnlyHint") or hints.get("idempotentHint")), KEY in properties)


class Repeating:
    """Knows the tools of the server; asks for them once, and again after the server was away."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._tools: dict[str, ToolFacts] = {}

    def forget(self) -> None:
        """Ask again next time: the server may have come back with other tools."""
        self._tools = {}

    async def prepared(self, request: Json) -> tuple[Json, bool]:
        """Return the request with a key where one helps, and whether it may be sent again.

        Raises:
            Lost: The server cannot be asked.
        """
        if request["method"] != "tools/call":
            return request, True
        if not self._tools:
            self._tools = await self._ask()
        params = params_of(request)
        facts = self._tools.get(str(params.get("name")), ToolFacts(is_repeatable=False, takes_key=False))
        arguments = params.get("arguments") or {}
        if facts.takes_key and isinstance(arguments, dict):
            arguments = {KEY: str(uuid.uuid4()), **arguments}
            return {**request, "params": {**params, "arguments": arguments}}, True
        return request, facts.is_repeatable

    async def _ask(self) -> dict[str, ToolFacts]:
        meta = {VERSION_KEY: MODERN, CAPABILITIES_KEY: {}}
        request = {"jsonrpc": "2.0", "id": LISTING, "method": "tools/list", "params": {"_meta": meta}}
        async with self._upstream.post(request, routing_headers(request)) as reply:
            async for message in reply.messages():
                if is_response_to(message, LISTING):
                    return {tool["name"]: ToolFacts.of(tool) for tool in _tools(message)}
        return {}


def _tools(message: Json) -> list[Any]:
    tools: list[Any] = (message.get("result") or {}).get("tools") or []
    return tools
