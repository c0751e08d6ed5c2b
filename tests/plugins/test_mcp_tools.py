"""The list of tools and how calls are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import jsonschema
import pytest
from mcp_types import Tool, ToolAnnotations
from pydantic import Field

from agentchatbus.plugin_api import (
    Bus,
    BusSettings,
    Call,
    Metadata,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    Role,
    hookimpl,
)
from agentchatbus.testing import BusHarness, MakeBus
from agentchatbus_mcp.listing import OBVIOUS, ORDER
from tests.plugins.mcp_site import call, client_of, refused

FLAGS = BusSettings(enable_handoff_target=True, enable_stop_reason=True, enable_priority=True)


async def listed(harness: BusHarness) -> dict[str, Tool]:
    async with client_of(harness) as client:
        return {tool.name: tool for tool in (await client.list_tools()).tools}


async def test_known_tools_come_in_their_fixed_order(make_bus: MakeBus) -> None:
    names = list(await listed(await make_bus(plugins=[Stranger()])))
    known = [name for name in ORDER if name in names]
    assert names == [*known, "stars_count", "stars_find", "stars_note", "stars_sum"]
    assert {"bus_connect", "msg_post", "msg_wait", "thread_list"} <= set(known)


async def test_tools_say_what_a_call_does(make_bus: MakeBus) -> None:
    hints = {name: tool.annotations for name, tool in (await listed(await make_bus())).items()}
    assert hints["msg_list"] == ToolAnnotations(read_only_hint=True)
    assert hints["agent_unregister"] == ToolAnnotations(destructive_hint=True)
    assert hints["msg_wait"] == ToolAnnotations(destructive_hint=False, idempotent_hint=True)
    assert hints["msg_post"] == ToolAnnotations(destructive_hint=False)


def schemas_in(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for name, value in schema.items():
            yield from schemas_in(list(value.values()) if name == "properties" else value)
    elif isinstance(schema, list):
        for item in schema:
            yield from schemas_in(item)


async def test_input_schemas_are_plain(make_bus: MakeBus) -> None:
    for tool in (await listed(await make_bus(settings=FLAGS))).values():
        schema = tool.input_schema
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert "additionalProperties" not in schema
        for part in schemas_in(schema):
            assert not {"$ref", "$defs", "title"} & set(part), (tool.name, part)
            assert {"type": "null"} not in part.get("anyOf", []), (tool.name, part)
            assert not {"minimum", "maximum", "maxLength", "maxItems"} & set(part), (tool.name, part)
        undescribed = {name for name, argument in schema["properties"].items() if "description" not in argument}
        assert undescribed <= OBVIOUS, tool.name


async def test_output_schemas_are_objects(make_bus: MakeBus) -> None:
    for tool in (await listed(await make_bus())).values():
        assert tool.output_schema is not None
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.output_schema["type"] == "object"


async def test_required_arguments_are_those_of_the_contract(make_bus: MakeBus) -> None:
    tools = await listed(await make_bus())
    post = ["thread_id", "author", "content", "expected_last_seq", "reply_token"]
    assert tools["msg_post"].input_schema["required"] == post
    assert tools["msg_wait"].input_schema["required"] == ["thread_id", "after_seq"]
    assert tools["msg_post"].input_schema["properties"]["expected_last_seq"]["type"] == "integer"


@pytest.mark.parametrize("tool", ["msg_list", "msg_wait"])
async def test_reading_offers_two_formats(make_bus: MakeBus, tool: str) -> None:
    argument = (await listed(await make_bus()))[tool].input_schema["properties"]["return_format"]
    assert (argument["enum"], argument["default"]) == (["blocks", "json"], "blocks")


async def test_features_that_are_off_are_not_offered(make_bus: MakeBus) -> None:
    tools = await listed(await make_bus())
    assert "priority" not in tools["msg_post"].input_schema["properties"]
    assert "priority" not in tools["msg_list"].input_schema["properties"]
    assert "for_agent" not in tools["msg_wait"].input_schema["properties"]
    metadata = tools["msg_post"].input_schema["properties"]["metadata"]
    assert list(metadata["properties"]) == ["attachments"]


async def test_features_that_are_on_are_offered(make_bus: MakeBus) -> None:
    tools = await listed(await make_bus(settings=FLAGS))
    assert "priority" in tools["msg_post"].input_schema["properties"]
    assert "priority" in tools["msg_list"].input_schema["properties"]
    assert "for_agent" in tools["msg_wait"].input_schema["properties"]
    metadata = tools["msg_post"].input_schema["properties"]["metadata"]
    assert set(metadata["properties"]) == {"attachments", "handoff_target", "stop_reason"}


async def test_a_repeat_with_the_same_key_is_done_once(make_bus: MakeBus) -> None:
    harness = await make_bus()
    arguments = {"ide": "A", "model": "1", "idempotency_key": "a-random-key-of-some-length"}
    async with client_of(harness) as client:
        first = await call(client, "agent_register", **arguments)
        again = await call(client, "agent_register", **arguments)
        agents = (await call(client, "agent_list"))["agents"]
    assert (first["agent_id"], first["token"]) == (again["agent_id"], again["token"])
    assert len(agents) == 1


async def test_a_key_of_joining_one_thread_is_refused_for_another(make_bus: MakeBus) -> None:
    harness = await make_bus()
    join = {"ide": "A", "model": "1", "idempotency_key": "a-random-key-of-some-length"}
    async with client_of(harness) as client:
        first = await call(client, "bus_connect", thread_id=harness.thread, **join)
        again = await call(client, "bus_connect", thread_id=harness.thread, **join)
        other = await call(client, "bus_connect", thread_name="Other", ide="B", model="1")
        refusal = await refused(client, "bus_connect", thread_id=other["thread"]["thread_id"], **join)
    assert first["agent"]["agent_id"] == again["agent"]["agent_id"]
    assert refusal["error"] == "CONFLICT"


async def test_only_tools_that_take_a_key_offer_it(make_bus: MakeBus) -> None:
    harness = await make_bus()
    takers = {operation.name for operation in harness.app.operations if operation.takes_key}
    tools = await listed(harness)
    offered = {name for name, tool in tools.items() if "idempotency_key" in tool.input_schema["properties"]}
    assert offered == takers & set(tools)


async def test_unknown_arguments_are_ignored(make_bus: MakeBus) -> None:
    async with client_of(await make_bus()) as client:
        assert (await call(client, "thread_list", colour="blue"))["total"] == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """A result that the bus knows nothing of."""

    name: str
    seen_at: datetime
    role: Role
    facts: Metadata


class StarParams(Params):
    """Arguments of the stranger's operations."""

    name: str = Field("Vega", description="Name of the star.")


class Stranger(Plugin[PluginSettings]):
    """Adds operations that no presenter was written for."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        async def find(params: StarParams, call: Call) -> Star:
            facts = MappingProxyType({"big": 10**30, "near": (1, 2)})
            return Star(name=params.name, seen_at=datetime(2026, 1, 2, tzinfo=UTC), role=Role.USER, facts=facts)

        async def count(params: StarParams, call: Call) -> list[int]:
            return [1, 2]

        async def note(params: StarParams, call: Call) -> None:
            return None

        async def total(params: StarParams, call: Call) -> int | None:
            return None

        return [
            Operation(name="stars_count", summary="Count.", params=StarParams, result=list[int], handler=count),
            Operation(name="stars_find", summary="Find.", params=StarParams, result=Star, handler=find),
            Operation(name="stars_note", summary="Note.", params=StarParams, result=None, handler=note),
            Operation(name="stars_sum", summary="Sum.", params=StarParams, result=int | None, handler=total),
        ]


async def test_operations_of_strangers_need_no_presenter(make_bus: MakeBus) -> None:
    async with client_of(await make_bus(plugins=[Stranger()])) as client:
        assert await call(client, "stars_find", name="Sirius") == {
            "name": "Sirius",
            "seen_at": "2026-01-02T00:00:00.000000+00:00",
            "role": "user",
            "facts": {"big": 10**30, "near": [1, 2]},
        }
        assert await call(client, "stars_count") == {"result": [1, 2]}
        assert await call(client, "stars_note") == {"ok": True}
        assert await call(client, "stars_sum") == {"result": None}


async def test_the_server_says_who_it_is_and_how_to_begin(make_bus: MakeBus) -> None:
    async with client_of(await make_bus()) as client:
        assert client.server_info.name == "AgentChatBus"
        assert client.server_info.version
        instructions = client.instructions or ""
    for word in ("bus_connect", "msg_post", "reply_token", "msg_wait", "idempotency_key"):
        assert word in instructions
    assert len(instructions.split()) < 200
