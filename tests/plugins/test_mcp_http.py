"""MCP over the wire: every way in does the same."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import httpx
import pytest
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.shared.exceptions import MCPError

from agentchatbus.testing import MakeBus
from tests.plugins.mcp_site import WAYS_IN, call, serving, until

ACCEPT = {"Accept": "application/json, text/event-stream"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def tool_call(name: str, *, meta: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments} | ({"_meta": meta} if meta else {})
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


async def initialized(http: httpx.AsyncClient, path: str = "/mcp") -> dict[str, str]:
    """Begin a legacy session and return its headers."""
    response = await http.post(path, json=INITIALIZE, headers=ACCEPT)
    headers = {**ACCEPT, "Mcp-Session-Id": response.headers["mcp-session-id"]}
    await http.post(path, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    return headers


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_agents_talk_over_every_way_in(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, site.client(way_in) as alice, site.client(way_in) as bob:
        joined = await call(alice, "bus_connect", thread_name="Talk", ide="A", model="1")
        guest = await call(bob, "bus_connect", thread_name="Talk", ide="B", model="2")
        thread_id = joined["thread"]["thread_id"]
        waiting = asyncio.create_task(
            call(
                bob,
                "msg_wait",
                thread_id=thread_id,
                after_seq=guest["current_seq"],
                agent_id=guest["agent"]["agent_id"],
                token=guest["agent"]["token"],
            )
        )
        await site.harness.until_blocked()
        posted = await call(
            alice,
            "msg_post",
            thread_id=thread_id,
            author=joined["agent"]["agent_id"],
            content="Hello",
            expected_last_seq=joined["current_seq"],
            reply_token=joined["reply_token"],
        )
        outcome = await waiting
    assert posted["seq"] == 1
    assert [message["content"] for message in outcome["messages"]] == ["Hello"]
    assert outcome["reason"] == "messages"


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_wait_ends_with_its_client(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, site.client(way_in) as client:
        joined = await call(client, "bus_connect", thread_name="Talk", ide="A", model="1")
        agent = {"agent_id": joined["agent"]["agent_id"], "token": joined["agent"]["token"]}
        waiting = asyncio.create_task(
            call(client, "msg_wait", thread_id=joined["thread"]["thread_id"], after_seq=0, **agent)
        )
        await site.harness.until_blocked()
        waiting.cancel()
        await until(lambda: not site.harness.waits())


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_wait_answers_when_the_bus_stops(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, site.client(way_in) as client:
        joined = await call(client, "bus_connect", thread_name="Talk", ide="A", model="1")
        agent = {"agent_id": joined["agent"]["agent_id"], "token": joined["agent"]["token"]}
        waiting = asyncio.create_task(
            call(client, "msg_wait", thread_id=joined["thread"]["thread_id"], after_seq=0, **agent)
        )
        await site.harness.until_blocked()
        await site.stop()
        outcome = await waiting
    assert outcome["reason"] == "shutdown"


async def test_a_wait_ends_when_the_connection_breaks(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http)
        agent = await site.harness.agent("Alice")
        proof = {"agent_id": agent.agent_id, "token": agent.token}
        wait = tool_call("msg_wait", thread_id=site.harness.thread, after_seq=0, **proof)
        async with http.stream("POST", "/mcp", json=wait, headers=headers):
            await site.harness.until_blocked()
        await until(lambda: not site.harness.waits())


async def test_a_client_that_cancels_ends_its_wait(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http)
        agent = await site.harness.agent("Alice")
        proof = {"agent_id": agent.agent_id, "token": agent.token}
        wait = tool_call("msg_wait", thread_id=site.harness.thread, after_seq=0, **proof)
        async with http.stream("POST", "/mcp", json=wait, headers=headers) as response:
            await site.harness.until_blocked()
            cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
            await http.post("/mcp", json=cancelled, headers=headers)
            answer = await response.aread()
    assert b"Request cancelled" in answer
    assert not site.harness.waits()


async def test_calls_that_need_no_stream_are_answered_with_json(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http)
        kinds = []
        for meta in (None, None, {"progressToken": 7}):
            response = await http.post("/mcp", json=tool_call("thread_list", meta=meta), headers=headers)
            kinds.append(response.headers["content-type"])
            assert '"total":1' in response.text.replace("\\", "")
    # The SDK meets each client in its first call, and keeps those that want progress reports.
    assert kinds == ["text/event-stream", "application/json", "text/event-stream"]


async def test_the_sdk_hears_of_a_busy_client_from_time_to_time(make_bus: MakeBus) -> None:
    async with serving(make_bus, session_idle_seconds=2.0) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http)
        loop = asyncio.get_running_loop()
        until_then = loop.time() + 3.0
        while loop.time() < until_then:
            response = await http.post("/mcp", json=tool_call("thread_list"), headers=headers)
            assert response.status_code == 200
            await asyncio.sleep(0.05)


async def test_a_session_that_was_ended_is_unknown(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http)
        for _ in range(2):
            await http.post("/mcp", json=tool_call("thread_list"), headers=headers)
        await http.delete("/mcp", headers=headers)
        response = await http.post("/mcp", json=tool_call("thread_list"), headers=headers)
    assert response.status_code == 404


async def test_streamable_http_is_spoken_at_the_address_of_the_event_stream_too(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, Client(f"{site.url}/mcp/sse", mode="legacy") as client:
        assert (await call(client, "thread_list"))["total"] == 1


async def test_the_classic_pair_of_paths_is_served(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, Client(sse_client(f"{site.url}/sse"), mode="legacy") as client:
        assert (await call(client, "thread_list"))["total"] == 1


async def test_messages_may_be_posted_without_the_last_slash(make_bus: MakeBus) -> None:
    async with (
        serving(make_bus) as site,
        httpx.AsyncClient(base_url=site.url) as http,
        http.stream("GET", "/mcp/sse") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: endpoint"
        path = (await anext(lines)).removeprefix("data: ")
        assert path.startswith("/mcp/messages/?session_id=")
        response = await http.post(path.replace("/?", "?"), json=INITIALIZE)
        assert response.status_code == 202


@pytest.mark.parametrize(("path", "status"), [("/mcp/nothing", 404), ("/sse", 405), ("/messages/", 400)])
async def test_wrong_paths_are_refused(make_bus: MakeBus, path: str, status: int) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        response = await http.post(path, json={})
    assert response.status_code == status


@pytest.mark.parametrize("path", ["/mcp", "/mcp/sse"])
async def test_streams_end_in_order_when_the_bus_stops(make_bus: MakeBus, path: str) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http) if path == "/mcp" else ACCEPT
        async with http.stream("GET", path, headers=headers) as stream:
            async with asyncio.timeout(1):
                await site.stop()
                await stream.aread()


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_call_that_is_too_large_ends_with_an_error(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus) as site, asyncio.timeout(20), site.client(way_in) as client:
        with pytest.raises(MCPError):
            await client.call_tool("msg_post", {"content": "x" * 5 * 2**20})
        if way_in.startswith("http"):
            assert (await call(client, "thread_list"))["total"] == 1


@pytest.mark.parametrize("path", ["/mcp", "/mcp/messages/?session_id=00", "/health"])
@pytest.mark.parametrize("head", ["Content-Length: 5242880\r\n", "Transfer-Encoding: chunked\r\n"])
async def test_a_client_that_sends_everything_first_sees_that_it_was_too_much(
    make_bus: MakeBus, path: str, head: str
) -> None:
    async with serving(make_bus) as site:
        host = site.url.removeprefix("http://")
        answer = await asyncio.to_thread(send_first, host, f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{head}\r\n")
    assert answer.split()[1] in (b"413", b"404")


async def test_a_client_that_sends_everything_first_sees_that_its_host_is_unknown(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site:
        head = "POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5242880\r\n\r\n"
        answer = await asyncio.to_thread(send_first, site.url.removeprefix("http://"), head)
    assert answer.split()[1] == b"421"


async def test_a_media_type_that_only_begins_like_json_is_refused(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        headers = await initialized(http)
        for kind, is_fine in (("application/jsonfoo", False), ("application/json; charset=utf-8", True)):
            content = json.dumps(tool_call("thread_list"))
            answer = await http.post("/mcp", content=content, headers={**headers, "Content-Type": kind})
            assert answer.is_success == is_fine


@pytest.mark.parametrize("session_id", ["0" * 32, "nonsense"])
async def test_a_session_from_before_a_restart_is_no_warning(
    make_bus: MakeBus, session_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(make_bus) as site, httpx.AsyncClient(base_url=site.url) as http:
        answer = await http.post(f"/mcp/messages/?session_id={session_id}", json=tool_call("thread_list"))
    assert answer.status_code in (400, 404)
    assert "session" not in caplog.text


def send_first(host: str, head: str) -> bytes:
    """Send a body of 5 MiB, and only then read."""
    name, port = host.split(":")
    body = b"x" * 5 * 2**20
    if "chunked" in head:
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        return connection.recv(65536)
