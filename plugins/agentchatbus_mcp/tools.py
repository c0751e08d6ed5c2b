"""The bus's operations as MCP tools."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any, Literal

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS
from pydantic import ValidationError

from agentchatbus.plugin_api import (
    NO_CLIENT,
    Bus,
    BusError,
    BusSettings,
    Client,
    Contents,
    FileResult,
    InvalidRequest,
    Operation,
    Operations,
    Session,
)
from agentchatbus_mcp.clients import INTERRUPTIONS
from agentchatbus_mcp.listing import KEY, Listing, is_listed, listings_of, place_of
from agentchatbus_mcp.presenters import presenter_of
from agentchatbus_mcp.presenters.base import Answer, Options, Presenter, Shape, View, compact, text_block
from agentchatbus_mcp.presenters.refusals import refusal
from agentchatbus_mcp.settings import Profile

logger = logging.getLogger(__name__)

HEADER_MARK = "x-mcp-header"
"""In the schema of an argument that clients of the stateless era send as a header too."""

ToolResult = dict[str, Any]
"""A ``CallToolResult`` as it goes over the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One operation and how it looks; one that is quick neither blocks nor talks, and has no header arguments."""

    operation: Operation[Any]
    presenter: Presenter
    listings: Mapping[Profile, Listing]
    is_quick: bool


class Toolbox:
    """Lists and calls the tools of one bus."""

    def __init__(self, bus: Bus, operations: Operations, *, unknown: Literal["result", "error"] = "result") -> None:
        self._bus = bus
        self._operations = operations
        self._unknown = unknown
        offered = [operation for operation in operations if operation.tool]
        offered.sort(key=place_of)
        self._tools = {operation.name: _tool(operation, bus.settings) for operation in offered}

    def listing(self, profile: Profile = "full") -> list[Mapping[str, Any]]:
        """Return the tools of a profile as clients are shown them."""
        return [tool.listings[profile] for name, tool in self._tools.items() if is_listed(name, profile)]

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Return a tool's input schema, or None when there is no such tool."""
        tool = self._tools.get(name)
        return tool.listings["full"]["inputSchema"] if tool else None

    def blocks(self, name: str) -> bool:
        """Return whether a call of this tool may wait long for something to happen."""
        tool = self._tools.get(name)
        return tool is not None and tool.operation.blocks

    def is_quick(self, name: str) -> bool:
        """Return whether a call of this tool is answered at once, with nothing said and no header checked before."""
        tool = self._tools.get(name)
        return tool is not None and tool.is_quick

    async def call(
        self, name: str, arguments: Mapping[str, Any] | None, session: Session, client: Client = NO_CLIENT
    ) -> ToolResult:
        """Call a tool; a refusal is a result too, so that the model reads it.

        Raises:
            InputNeeded: The client has to answer first.
            AbilityMissing: The client cannot be asked what has to be asked.
            MCPError: The bus is broken, or there is no such tool and that is an error here.
        """
        if (tool := self._tools.get(name)) is None:
            return self._unknown_tool(name)
        arguments = arguments or {}
        view = View(bus=self._bus, arguments=arguments)
        try:
            if tool.presenter.options is not Options:
                view = replace(view, options=_options(tool, arguments))
            key = _key(tool, arguments)
            result = await self._operations.call(name, arguments, session, idempotency_key=key, client=client)
            if isinstance(result, FileResult):
                result = Contents(blocks=(await result.whole(),))
            answer = tool.presenter.present(result, view)
            return _answered(await answer if isawaitable(answer) else answer)
        except INTERRUPTIONS:
            raise
        except BusError as error:
            return _failed(_refusal(tool, error, view))
        except Exception:
            logger.exception("The result of %s could not be shown", name)
            raise MCPError(INTERNAL_ERROR, "Internal error") from None

    def _unknown_tool(self, name: str) -> ToolResult:
        if self._unknown == "error":
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {name}")
        return _failed({"error": f"Unknown tool: {name}"})


def _tool(operation: Operation[Any], settings: BusSettings) -> Tool:
    presenter = presenter_of(operation)
    listings = listings_of(operation, presenter, settings)
    has_headers = any(HEADER_MARK in item for item in listings["full"]["inputSchema"]["properties"].values())
    return Tool(
        operation=operation,
        presenter=presenter,
        listings=listings,
        is_quick=not (operation.blocks or operation.interactive or has_headers),
    )


def _options(tool: Tool, arguments: Mapping[str, Any]) -> Options:
    try:
        return tool.presenter.options.model_validate(arguments)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise InvalidRequest(f"{problem['loc'][0]}: {problem['msg']}", errors=[problem]) from None


def _key(tool: Tool, arguments: Mapping[str, Any]) -> str | None:
    key = arguments.get(KEY)
    if key is None or not tool.operation.takes_key:
        return None
    if not isinstance(key, str) or not key:
        raise InvalidRequest(f"{KEY}: Input should be a text that is not empty", errors=[KEY])
    return key


def _answered(answer: Answer) -> ToolResult:
    content = answer.content if answer.content is not None else [text_block(compact(answer.structured))]
    beside = {} if answer.structured is None else {"structuredContent": answer.structured}
    return {"content": list(content), **beside, "isError": False}


def _refusal(tool: Tool, error: BusError, view: View) -> Shape:
    if isinstance(error, InvalidRequest) and "errors" in error.details:
        detail = f"Input validation error in {tool.operation.name}: {error.message}"
        return {"error": "INVALID_ARGUMENT", "detail": detail}
    literal = tool.presenter.refuse(error, view)
    return literal if literal is not None else refusal(error)


def _failed(shape: Shape) -> ToolResult:
    return {"content": [text_block(compact(shape))], "structuredContent": shape, "isError": True}
