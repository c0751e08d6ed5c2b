"""The bus's operations as MCP tools."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR
from pydantic import ValidationError

from agentchatbus.plugin_api import Bus, BusError, InvalidRequest, Operation, Operations, Session
from agentchatbus_mcp.presenters import presenter_of, result_schema
from agentchatbus_mcp.presenters.base import Answer, Options, Presenter, Shape, View, compact, text_block
from agentchatbus_mcp.presenters.refusals import refusal
from agentchatbus_mcp.schemas import Schema, input_schema

logger = logging.getLogger(__name__)

ORDER = (
    "thread_create",
    "thread_list",
    "thread_delete",
    "thread_get",
    "msg_post",
    "msg_list",
    "msg_get",
    "msg_wait",
    "template_list",
    "template_get",
    "template_create",
    "agent_register",
    "agent_heartbeat",
    "agent_resume",
    "agent_unregister",
    "agent_list",
    "agent_update",
    "agent_set_typing",
    "msg_react",
    "msg_unreact",
    "bus_connect",
    "bus_get_config",
    "msg_search",
    "msg_edit",
    "msg_edit_history",
)
"""Clients cache the list of tools and models are shown it, so the order never changes; newer tools come after."""

KEY = "idempotency_key"
KEY_SCHEMA: Schema = {
    "type": "string",
    "description": "A random UUID. Repeat the call with the same one when you do not know whether it arrived.",
}

ToolResult = dict[str, Any]
"""A ``CallToolResult`` as it goes over the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One operation and how it looks."""

    operation: Operation[Any]
    presenter: Presenter
    listing: Mapping[str, Any]


class Toolbox:
    """Lists and calls the tools of one bus."""

    def __init__(self, bus: Bus, operations: Operations) -> None:
        self._bus = bus
        self._operations = operations
        offered = [operation for operation in operations if operation.tool]
        offered.sort(key=lambda operation: ORDER.index(operation.name) if operation.name in ORDER else len(ORDER))
        self._tools = {operation.name: _tool(operation, bus) for operation in offered}

    def listing(self) -> list[Mapping[str, Any]]:
        """Return all tools as clients are shown them."""
        return [tool.listing for tool in self._tools.values()]

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Return a tool's input schema, or None when there is no such tool."""
        tool = self._tools.get(name)
        return tool.listing["inputSchema"] if tool else None

    def blocks(self, name: str) -> bool:
        """Return whether a call of this tool may wait long for something to happen."""
        tool = self._tools.get(name)
        return tool is not None and tool.operation.blocks

    async def call(self, name: str, arguments: Mapping[str, Any] | None, session: Session) -> ToolResult:
        """Call a tool; a refusal is a result too, so that the model reads it.

        Raises:
            MCPError: The bus is broken.
        """
        if (tool := self._tools.get(name)) is None:
            return _failed({"error": f"Unknown tool: {name}"})
        arguments = arguments or {}
        view = View(bus=self._bus, arguments=arguments)
        try:
            view = replace(view, options=_options(tool, arguments))
            key = _key(tool, arguments)
            result = await self._operations.call(name, arguments, session, idempotency_key=key)
            return _answered(tool.presenter.present(result, view))
        except BusError as error:
            return _failed(_refusal(tool, error, view))
        except Exception:
            logger.exception("The result of %s could not be shown", name)
            raise MCPError(INTERNAL_ERROR, "Internal error") from None


def _tool(operation: Operation[Any], bus: Bus) -> Tool:
    presenter = presenter_of(operation)
    title = operation.name.replace("_", " ").capitalize()
    listing = {
        "name": operation.name,
        "title": title,
        "description": operation.summary,
        "inputSchema": _inputs(operation, presenter, bus),
        "outputSchema": result_schema(operation),
        "annotations": {
            "title": title,
            "readOnlyHint": operation.read_only,
            "destructiveHint": operation.destructive,
            "idempotentHint": operation.idempotent,
            "openWorldHint": False,
        },
    }
    return Tool(operation=operation, presenter=presenter, listing=listing)


def _inputs(operation: Operation[Any], presenter: Presenter, bus: Bus) -> Schema:
    schema = input_schema(operation.params.model_json_schema())
    schema["properties"] |= input_schema(presenter.options.model_json_schema())["properties"]
    if operation.takes_key:
        schema["properties"][KEY] = KEY_SCHEMA
    return presenter.inputs(schema, bus.settings)


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
    return {"content": list(content), "structuredContent": answer.structured, "isError": False}


def _refusal(tool: Tool, error: BusError, view: View) -> Shape:
    if isinstance(error, InvalidRequest) and "errors" in error.details:
        detail = f"Input validation error in {tool.operation.name}: {error.message}"
        return {"error": "INVALID_ARGUMENT", "detail": detail}
    literal = tool.presenter.refuse(error, view)
    return literal if literal is not None else refusal(error)


def _failed(shape: Shape) -> ToolResult:
    return {"content": [text_block(compact(shape))], "structuredContent": shape, "isError": True}
