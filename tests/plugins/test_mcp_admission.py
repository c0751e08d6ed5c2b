"""Nobody who has proven nothing speaks MCP with a bus that the network can reach; on loopback everybody may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from agentchatbus.plugin_api import BusSettings, Caller, CallerKind, Scope
from agentchatbus.testing import MakeBus
from tests.plugins.mcp_site import Site, serving
from tests.plugins.mcp_wire import bridged
from tests.plugins.test_mcp_http import ACCEPT, INITIALIZE

OPERATOR = "the operator's own token"
CLOSED_BUS = BusSettings(is_open=False, operator_token=OPERATOR)
SOMEBODY_IN_CHARGE = Caller(kind=CallerKind.OPERATOR)
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
MODERN_LIST = LIST | {
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    }
}
MODERN = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
REQUESTS: list[tuple[str, str, object, dict[str, str]]] = [
    ("POST", "/mcp", INITIALIZE, {}),
    ("POST", "/mcp", LIST, {}),
    ("POST", "/mcp", MODERN_LIST, MODERN),
    ("GET", "/mcp", None, {}),
    ("DELETE", "/mcp", None, {"Mcp-Session-Id": "0" * 32}),
    ("GET", "/mcp/sse", None, {}),
    ("POST", "/mcp/sse", INITIALIZE, {}),
    ("GET", "/sse", None, {}),
    ("POST", "/mcp/messages/?session_id=" + "0" * 32, LIST, {}),
    ("POST", "/messages/?session_id=" + "0" * 32, LIST, {}),
]
WORTHLESS: list[dict[str, str]] = [
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer acb_wrong"},
    {"X-Agent-Token": "wrong"},
    {"X-Admin-Token": "wrong"},
]


@asynccontextmanager
async def reached(
    make_bus: MakeBus, settings: BusSettings = CLOSED_BUS
) -> AsyncIterator[tuple[Site, httpx.AsyncClient]]:
    async with (
        serving(make_bus, settings=settings) as site,
        httpx.AsyncClient(base_url=site.url, headers=ACCEPT, timeout=60) as http,
    ):
        yield site, http


async def access_token(site: Site, scope: Scope) -> str:
    granted = await site.harness.app.bus.access.create("somebody", scope, SOMEBODY_IN_CHARGE)
    return granted.secret


async def test_a_request_without_a_token_is_challenged(make_bus: MakeBus) -> None:
    async with reached(make_bus) as (_, http):
        answers = [await http.request(method, path, json=body, headers=more) for method, path, body, more in REQUESTS]
    told = {(answer.status_code, answer.headers["www-authenticate"]) for answer in answers}
    assert told == {(401, 'Bearer realm="AgentChatBus"')}
    assert all("token" in answer.json()["detail"] for answer in answers)


async def test_a_token_that_is_worth_nothing_is_told_so(make_bus: MakeBus) -> None:
    async with reached(make_bus) as (_, http):
        answers = [await http.post("/mcp", json=INITIALIZE, headers=headers) for headers in WORTHLESS]
        answers += [await http.get("/mcp/sse", headers=headers) for headers in WORTHLESS]
    told = {(answer.status_code, answer.headers["www-authenticate"]) for answer in answers}
    assert told == {(401, 'Bearer realm="AgentChatBus", error="invalid_token"')}


@pytest.mark.parametrize("scope", list(Scope))
async def test_an_access_token_of_any_scope_opens_the_door(make_bus: MakeBus, scope: Scope) -> None:
    async with reached(make_bus) as (site, http):
        headers = {"Authorization": f"Bearer {await access_token(site, scope)}"}
        assert (await http.post("/mcp", json=INITIALIZE, headers=headers)).status_code == 200
        async with http.stream("GET", "/mcp/sse", headers=headers) as stream:
            assert stream.status_code == 200


async def test_the_operators_token_opens_the_door(make_bus: MakeBus) -> None:
    async with reached(make_bus) as (_, http):
        for headers in ({"Authorization": f"Bearer {OPERATOR}"}, {"X-Admin-Token": OPERATOR}):
            assert (await http.post("/mcp", json=INITIALIZE, headers=headers)).status_code == 200


async def test_an_agents_token_that_has_lapsed_beside_a_good_one_is_for_the_call_to_tell(make_bus: MakeBus) -> None:
    async with reached(make_bus) as (site, http):
        token = await access_token(site, Scope.AGENT)
        headers = {"Authorization": f"Bearer {token}", "X-Agent-Token": "of an agent that was sent away"}
        assert (await http.post("/mcp", json=INITIALIZE, headers=headers)).status_code == 200


async def test_a_revoked_token_closes_the_door_again(make_bus: MakeBus) -> None:
    async with reached(make_bus) as (site, http):
        access = site.harness.app.bus.access
        granted = await access.create("somebody", Scope.AGENT, SOMEBODY_IN_CHARGE)
        headers = {"Authorization": f"Bearer {granted.secret}"}
        assert (await http.post("/mcp", json=INITIALIZE, headers=headers)).status_code == 200
        await access.revoke(granted.token.id, SOMEBODY_IN_CHARGE)
        assert (await http.post("/mcp", json=INITIALIZE, headers=headers)).status_code == 401


async def test_on_loopback_everybody_comes_in(make_bus: MakeBus) -> None:
    async with reached(make_bus, BusSettings()) as (_, http):
        assert (await http.post("/mcp", json=INITIALIZE)).status_code == 200


async def test_the_bridge_says_what_is_missing(make_bus: MakeBus, tmp_path: Path) -> None:
    async with reached(make_bus) as (site, _), bridged(site.url, tmp_path) as wire:
        answer = await wire.initialize()
    assert "every call needs a token" in answer["error"]["message"]
