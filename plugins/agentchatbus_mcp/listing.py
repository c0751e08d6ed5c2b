"""How a tool is listed: in as few words as a client can work with, for models read all of them on every use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import BusSettings, Operation
from agentchatbus_mcp.presenters import result_schema
from agentchatbus_mcp.presenters.base import Presenter
from agentchatbus_mcp.schemas import Schema, input_schema
from agentchatbus_mcp.settings import Profile

Listing = Mapping[str, Any]

KEY = "idempotency_key"
KEY_SCHEMA: Schema = {"type": "string"}

OBVIOUS = frozenset({"agent_id", "token", "thread_id", "message_id", "template_id", KEY})
"""Arguments of many tools whose names say it all; the instructions of the server explain them once."""

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
    "thread_settings_get",
    "thread_settings_update",
    "thread_set_state",
    "thread_close",
    "thread_archive",
    "thread_unarchive",
    "thread_wait_state_get",
    "close_meeting",
)
"""Clients cache the list of tools and models are shown it, so the order never changes; others come after, by name."""

CORE = frozenset(
    {
        "thread_list",
        "msg_post",
        "msg_list",
        "msg_wait",
        "agent_list",
        "bus_connect",
        "bus_get_config",
        "msg_search",
    }
)
"""What an agent needs to converse. The other tools are not listed in this profile, but they may be called."""

BESIDE_THE_TALK = frozenset(
    {
        "capabilities",
        "description",
        "include_archived",
        "include_attachments",
        "include_system_prompt",
        "metadata",
        "return_format",
        "role",
        "skills",
        "system_prompt",
        "template",
        "waiting_for",
    }
)
"""Arguments that the core profile does not list."""


def place_of(operation: Operation[Any]) -> tuple[int, str]:
    """Return what sorts the tools: those of the contract in its order, then the others by name."""
    if operation.name in ORDER:
        return ORDER.index(operation.name), ""
    return len(ORDER), operation.name


def is_listed(name: str, profile: Profile) -> bool:
    """Return whether a profile lists the tool."""
    return profile == "full" or name in CORE


def listings_of(operation: Operation[Any], presenter: Presenter, settings: BusSettings) -> Mapping[Profile, Listing]:
    """Return the tool as clients of each profile are shown it; in the core profile without the form of its results."""
    inputs, outputs = _inputs(operation, presenter, settings), result_schema(operation)
    listing = {"name": operation.name, "description": operation.summary, "annotations": _hints(operation)}
    beside = {"outputSchema": outputs} if outputs["properties"] else {}
    return {
        "full": {**listing, "inputSchema": _without_asides(inputs), **beside},
        "core": {**listing, "inputSchema": _core(inputs)},
    }


def _inputs(operation: Operation[Any], presenter: Presenter, settings: BusSettings) -> Schema:
    schema = input_schema(operation.params.model_json_schema())
    schema["properties"] |= input_schema(presenter.options.model_json_schema())["properties"]
    if operation.takes_key:
        schema["properties"][KEY] = KEY_SCHEMA
    schema = presenter.inputs(schema, settings)
    return {**schema, "properties": {name: _terse(name, item) for name, item in schema["properties"].items()}}


def _terse(name: str, schema: Schema) -> Schema:
    """Return the schema of an argument without what its name says already, and with one level of depth."""
    terse = {key: value for key, value in schema.items() if key != "description" or name not in OBVIOUS}
    if "properties" in terse.get("items", {}):
        terse["items"] = {"type": "object"}
    return terse


def _without_asides(schema: Schema) -> Schema:
    """Return the schema with descriptions that end at the first semicolon; among so many tools each word counts."""
    cut = {
        name: {**item, "description": item["description"].partition("; ")[0]} if "description" in item else item
        for name, item in schema["properties"].items()
    }
    return {**schema, "properties": cut}


def _core(schema: Schema) -> Schema:
    """Return the schema without the arguments that a conversation does not need."""
    required = schema.get("required", ())
    kept = {
        name: item for name, item in schema["properties"].items() if name in required or name not in BESIDE_THE_TALK
    }
    return {**schema, "properties": kept}


def _hints(operation: Operation[Any]) -> dict[str, bool]:
    if operation.read_only:
        return {"readOnlyHint": True}
    hints = {"destructiveHint": operation.destructive}
    return hints | ({"idempotentHint": True} if operation.idempotent else {})
