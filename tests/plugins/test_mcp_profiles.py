"""Which tools are listed, and how many words that takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from mcp.shared.exceptions import MCPError
from rs_bpe.bpe import openai

from agentchatbus.plugin_api import BusSettings, Plugin
from agentchatbus.plugins import PluginManager, PluginSelection
from agentchatbus.testing import MakeBus
from agentchatbus_mcp.listing import CORE, ORDER
from agentchatbus_mcp.tools import Toolbox
from tests.plugins.mcp_site import WAYS_IN, call, serving
from tests.plugins.mcp_wire import bridged

TOKENIZER = "o200k_base"
MOST_TOKENS = {"core": 1500, "full": 5000}
FLAGS = BusSettings(enable_handoff_target=True, enable_stop_reason=True, enable_priority=True)


def shipped() -> list[Plugin[Any]]:
    """Return the shipped plugins that add tools, with their default settings."""
    manager = PluginManager(PluginSelection(enable=("templates", "scan")))
    manager.load()
    return list(manager.active.values())


def tokens(value: Any) -> int:
    return len(openai.o200k_base().encode(orjson.dumps(value).decode()))


@pytest.mark.parametrize("settings", [BusSettings(), FLAGS], ids=["plain", "every feature"])
async def test_the_profiles_are_short(make_bus: MakeBus, settings: BusSettings) -> None:
    harness = await make_bus(plugins=shipped(), settings=settings)
    toolbox = Toolbox(harness.app.bus, harness.app.operations)
    for profile, most in MOST_TOKENS.items():
        listing = toolbox.listing(profile)  # type: ignore[arg-type]
        count = tokens(listing)
        print(f"{profile}: {len(listing)} tools, {count} tokens ({TOKENIZER}), at most {most}")
        assert count <= most


async def test_every_tool_of_the_contract_is_listed_in_its_order(make_bus: MakeBus) -> None:
    harness = await make_bus(plugins=shipped())
    names = [tool["name"] for tool in Toolbox(harness.app.bus, harness.app.operations).listing()]
    assert names[: len(ORDER)] == list(ORDER)
    assert names[len(ORDER) :] == sorted(names[len(ORDER) :])


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_connection_chooses_its_profile(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site:
        async with site.client(way_in, query="?tools=core") as client:
            core = {tool.name for tool in (await client.list_tools()).tools}
            assert (await call(client, "thread_get", thread_id=site.harness.thread))["topic"] == "Under test"
        async with site.client(way_in, query="?tools=nonsense") as client:
            full = {tool.name for tool in (await client.list_tools()).tools}
    assert core <= CORE
    assert {"bus_connect", "msg_post", "msg_wait"} <= core < full


async def test_the_configuration_chooses_a_profile_too(make_bus: MakeBus) -> None:
    async with serving(make_bus, tools="core") as site:
        async with site.client("http-modern") as client:
            assert {tool.name for tool in (await client.list_tools()).tools} <= CORE
        async with site.client("http-modern", query="?tools=full") as client:
            assert "thread_get" in {tool.name for tool in (await client.list_tools()).tools}


async def test_a_bridge_chooses_its_profile(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path, tools="core") as wire:
        await wire.initialize()
        answer = await wire.answer(wire.ask("tools/list"))
    assert {tool["name"] for tool in answer["result"]["tools"]} <= CORE


async def test_the_core_profile_leaves_out_what_a_conversation_does_not_need(make_bus: MakeBus) -> None:
    harness = await make_bus()
    tools = {tool["name"]: tool for tool in Toolbox(harness.app.bus, harness.app.operations).listing("core")}
    assert not any("outputSchema" in tool for tool in tools.values())
    post = tools["msg_post"]["inputSchema"]
    assert set(post["required"]) <= set(post["properties"])
    assert "metadata" not in post["properties"]


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_an_unknown_tool_is_what_the_configuration_says(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, site.client(way_in) as client:
        result = await client.call_tool("nothing", {})
        assert (result.is_error, result.structured_content) == (True, {"error": "Unknown tool: nothing"})
    async with serving(make_bus, unknown_tools="error") as site, site.client(way_in) as client:
        with pytest.raises(MCPError, match="Unknown tool: nothing") as caught:
            await client.call_tool("nothing", {})
        assert caught.value.code == -32602
