"""Who calls over MCP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentchatbus.plugin_api import Bus, BusSettings, Call, Operation, Params, Plugin, PluginSettings, hookimpl
from agentchatbus.testing import AgentHandle, MakeBus
from agentchatbus_mcp import McpHttpPlugin, McpSsePlugin
from tests.plugins.mcp_site import Site, call, refused, serving
from tests.plugins.mcp_wire import bridged


async def who(site: Site, headers: dict[str, str], *, path: str = "/mcp") -> dict[str, Any]:
    """Return how a stateless call with these headers is answered."""
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    routing = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": version,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "who_am_i",
    }
    params = {"name": "who_am_i", "arguments": {}, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    async with httpx.AsyncClient(base_url=site.url) as http:
        response = await http.post(path, json=body, headers={**routing, **headers})
    answer: dict[str, Any] = response.json()["result"]["structuredContent"]
    return answer


class Mirror(Plugin[PluginSettings]):
    """Tells callers who they are."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        async def who_am_i(params: Params, call: Call) -> dict[str, Any]:
            caller = call.caller
            return {
                "kind": caller.kind,
                "agent_id": caller.agent_id,
                "transport": caller.transport,
                "address": caller.address,
                "language": call.session.language,
            }

        return [
            Operation(name="who_am_i", summary="Say who calls.", params=Params, result=dict[str, Any], handler=who_am_i)
        ]


OPERATOR = BusSettings(operator_token="the-operator")


async def test_a_caller_without_a_token_is_a_guest(make_bus: MakeBus) -> None:
    async with serving(make_bus, more=[Mirror()]) as site:
        answer = await who(site, {})
    assert answer == {
        "kind": "guest",
        "agent_id": None,
        "transport": "mcp-http",
        "address": "127.0.0.1",
        "language": None,
    }


def header_forms(agent: AgentHandle) -> list[dict[str, str]]:
    bearer = {"Authorization": f"Bearer {agent.token}"}
    return [bearer, {"authorization": f"bearer  {agent.token}"}, {"X-Agent-Token": agent.token}]


async def test_an_agent_proves_itself_by_a_header(make_bus: MakeBus) -> None:
    async with serving(make_bus, more=[Mirror()], settings=OPERATOR) as site:
        agent = await site.harness.agent("Alice")
        answers = [await who(site, headers) for headers in header_forms(agent)]
    assert {(answer["kind"], answer["agent_id"]) for answer in answers} == {("agent", agent.agent_id)}


@pytest.mark.parametrize("headers", [{"X-Admin-Token": "the-operator"}, {"Authorization": "Bearer the-operator"}])
async def test_the_operator_proves_itself_by_a_header(make_bus: MakeBus, headers: dict[str, str]) -> None:
    async with serving(make_bus, more=[Mirror()], settings=OPERATOR) as site:
        assert (await who(site, headers))["kind"] == "operator"


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"X-Admin-Token": "w"}, {"X-Agent-Token": "w"}])
async def test_wrong_tokens_are_refused(make_bus: MakeBus, headers: dict[str, str]) -> None:
    async with serving(make_bus, more=[Mirror()], settings=OPERATOR) as site:
        assert (await who(site, headers))["error"] == "AUTHENTICATION_REQUIRED"


async def test_a_bridge_may_name_itself_and_nobody_else(make_bus: MakeBus) -> None:
    async with serving(make_bus, more=[Mirror()]) as site:
        bridge = await who(site, {"X-Bus-Transport": "mcp-stdio"})
        liar = await who(site, {"X-Bus-Transport": "console"})
    assert (bridge["transport"], bridge["kind"], liar["transport"]) == ("mcp-stdio", "guest", "mcp-http")


async def test_the_language_is_part_of_the_address(make_bus: MakeBus) -> None:
    async with serving(make_bus, more=[Mirror()]) as site:
        assert (await who(site, {}, path="/mcp?lang=Deutsch"))["language"] == "Deutsch"


async def test_an_event_stream_keeps_the_language_it_was_opened_with(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, site.client("sse-legacy", query="?lang=Deutsch") as client:
        config = await call(client, "bus_get_config")
    assert (config["preferred_language"], config["language_source"]) == ("Deutsch", "url_param")
    assert "Deutsch" in config["language_note"]


@pytest.mark.parametrize("way_in", ["http-legacy", "sse-legacy", "sse-modern"])
async def test_a_connection_remembers_the_token_that_it_has_seen(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, site.client(way_in) as client:
        joined = await call(client, "bus_connect", thread_name="Talk", ide="A", model="1")
        assert await call(client, "agent_heartbeat") == {"ok": True}
        again = await call(client, "bus_connect", thread_name="Talk", ide="A", model="1")
    # Several agents may share one connection, so who connects without a token is somebody new.
    assert again["agent"]["agent_id"] != joined["agent"]["agent_id"]


@pytest.mark.parametrize("way_in", ["http-legacy", "sse-legacy", "sse-modern"])
async def test_agents_that_share_a_connection_post_with_their_reply_tokens(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, site.client(way_in) as client:
        one, other = [await call(client, "bus_connect", thread_name="Talk", ide=ide, model="1") for ide in "AB"]
        for joined, seq in ((one, 0), (other, 1)):
            proof = {"reply_token": joined["reply_token"], "author": joined["agent"]["agent_id"]}
            content = joined["agent"]["name"]
            posted = await call(
                client,
                "msg_post",
                thread_id=joined["thread"]["thread_id"],
                content=content,
                expected_last_seq=seq,
                **proof,
            )
            message = (await call(client, "msg_get", message_id=posted["msg_id"]))["message"]
            assert (message["author_id"], message["author"]) == (joined["agent"]["agent_id"], content)
        stolen = {"reply_token": posted["reply_token"], "author": one["agent"]["agent_id"]}
        refusal = await refused(
            client, "msg_post", thread_id=message["thread_id"], content="x", expected_last_seq=2, **stolen
        )
    assert refusal["error"] == "FORBIDDEN"


@pytest.mark.parametrize("modern", [True, False])
async def test_agents_that_share_a_bridge_post_as_themselves(make_bus: MakeBus, tmp_path: Path, modern: bool) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        if not modern:
            await wire.initialize()
        joined = [await wire.call("bus_connect", modern=modern, thread_name="T", ide=ide, model="1") for ide in "AB"]
        for seq, item in enumerate(joined):
            proof = {"reply_token": item["reply_token"], "author": item["agent"]["agent_id"]}
            thread_id = item["thread"]["thread_id"]
            posted = await wire.call(
                "msg_post", modern=modern, thread_id=thread_id, content="Hi", expected_last_seq=seq, **proof
            )
            assert posted["seq"] == seq + 1


async def test_a_stateless_request_remembers_nothing(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, site.client("http-modern") as client:
        await call(client, "bus_connect", thread_name="Talk", ide="A", model="1")
        assert await refused(client, "agent_heartbeat") == {"ok": False}


async def test_connections_do_not_share_what_they_remember(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, site.client("http-legacy") as one, site.client("http-legacy") as other:
        await call(one, "bus_connect", thread_name="Talk", ide="A", model="1")
        assert await refused(other, "agent_heartbeat") == {"ok": False}


def test_the_plugins_take_their_settings() -> None:
    for plugin in (McpHttpPlugin, McpSsePlugin):
        wanted = {"tools", "unknown_tools", "session_idle_seconds", "max_sessions"}
        assert set(plugin.settings_type.model_fields) == wanted
