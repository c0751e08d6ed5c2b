"""Whatever is sent to the MCP endpoints is answered in time, and the server goes on."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.contract.drivers import ACCEPT, CLIENT, META, MODERN
from tests.contract.site import Site, client

IS_LONG = os.environ.get("AGENTCHATBUS_PROPERTIES") == "long"
WITHIN = 60.0
"""Seconds in which everything has to be answered, on a busy machine too."""

FUZZ = settings(max_examples=4000 if IS_LONG else 80)
METHODS = st.sampled_from(
    [
        "tools/call",
        "tools/list",
        "initialize",
        "ping",
        "resources/read",
        "prompts/get",
        "completion/complete",
        "notifications/cancelled",
        "server/discover",
        "subscriptions/listen",
        "nope",
    ]
)
HUGE = st.sampled_from([2**53, 2**63, -(2**64), 10**400, 1e308, -0.0])
LEAVES = st.none() | st.booleans() | st.integers() | HUGE | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))
TOOLS = st.sampled_from(["msg_post", "msg_wait", "bus_connect", "thread_list", "agent_register", "msg_search", "nope"])
NAMES = st.sampled_from(
    ["thread_id", "after_seq", "limit", "agent_id", "token", "content", "metadata", "query", "timeout_ms", "skills"]
)
CALLS = st.fixed_dictionaries(
    {"name": TOOLS | VALUES, "arguments": st.dictionaries(NAMES, VALUES) | VALUES}, optional={"_meta": st.just(META)}
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(["2.0", "1.0", 2, None]),
        "id": st.integers() | st.text(max_size=5) | VALUES,
        "method": METHODS | VALUES,
        "params": CALLS | VALUES,
    },
)
WHOLE_CALLS = CALLS.map(lambda params: {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
DOCUMENTS = WHOLE_CALLS | REQUESTS | VALUES | st.lists(REQUESTS, max_size=3)
BODIES = DOCUMENTS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)
HEADERS = st.sampled_from(
    [
        {},
        {"MCP-Protocol-Version": MODERN},
        {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "msg_post"},
        {"MCP-Protocol-Version": "1999-01-01"},
        {"Mcp-Session-Id": "0" * 32},
        {"Mcp-Session-Id": "kept"},
    ]
)
DEEP = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
HALF = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","par'


@pytest.fixture(scope="module")
def session(site: Site) -> str:
    """Return the id of a session that was begun in order."""
    begin = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": CLIENT}
    with client(site.url) as http:
        return str(http.post("/mcp", json=begin, headers=ACCEPT).headers["mcp-session-id"])


def is_alive(http: httpx.Client) -> bool:
    call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "bus_get_config", "arguments": {}}}
    call["params"] = {**call["params"], "_meta": META}  # type: ignore[dict-item]
    routing = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "bus_get_config"}
    answer = http.post("/mcp", json=call, headers={**ACCEPT, **routing}).json()
    return bool(answer["result"]["structuredContent"]["bus_name"] == "AgentChatBus")


def send(http: httpx.Client, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send a body; an answer that is a stream counts once it has begun."""
    sent = {**ACCEPT, "Content-Type": "application/json", **headers}
    with http.stream("POST", path, content=body, headers=sent, timeout=WITHIN) as answer:
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, b"" if is_stream else answer.read()


@FUZZ
@given(body=BODIES, headers=HEADERS)
@example(body=DEEP, headers={})
@example(body=DEEP, headers={"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call"})
@example(body=HALF, headers={})
@example(body=b"[]", headers={})
@example(body=b"[" + b",".join([b'{"jsonrpc":"2.0","id":1,"method":"ping"}'] * 500) + b"]", headers={})
@example(body=b'{"jsonrpc":"2.0","id":1,"method":"ping","x":"\xff\xfe"}', headers={})
@example(body=b'"\\ud800"', headers={})
@example(body=b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud800"}}', headers={})
@example(body=b"1" * 100_000, headers={})
@example(body=b"NaN", headers={})
@example(body=b'{"id":1,"id":2,"method":"ping","jsonrpc":"2.0"}', headers={})
def test_any_body_is_answered_and_breaks_nothing(
    site: Site, session: str, body: bytes, headers: dict[str, str]
) -> None:
    """H66: an error of a client is no error of the server."""
    named = {key: session if value == "kept" else value for key, value in headers.items()}
    with client(site.url) as http:
        status, answer = send(http, "/mcp", body, named)
        assert status < 500, (status, answer)
        assert b"Traceback" not in answer
        assert is_alive(http)


@FUZZ
@given(tool=TOOLS, arguments=st.dictionaries(NAMES, VALUES))
def test_any_arguments_of_a_tool_are_answered(site: Site, tool: str, arguments: dict[str, Any]) -> None:
    params = {"name": tool, "arguments": arguments, "_meta": META}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    routing = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
    with client(site.url) as http:
        status, answer = send(http, "/mcp", body, routing)
    assert status < 500, (status, answer)
    assert b"INTERNAL_ERROR" not in answer
    assert b"Internal error" not in answer


@FUZZ
@given(body=BODIES)
@example(body=DEEP)
@example(body=HALF)
def test_any_body_for_an_event_stream_is_answered(site: Site, body: bytes) -> None:
    with client(site.url) as http, http.stream("GET", "/mcp/sse") as stream:
        lines = stream.iter_lines()
        endpoint = next(line for line in lines if line.startswith("data:")).partition(":")[2].strip()
        with client(site.url) as other:
            status, answer = send(other, endpoint, body, {})
            assert status < 500, (status, answer)
            assert is_alive(other)


@pytest.mark.parametrize("body", [HALF, DEEP, b""])
@pytest.mark.parametrize("path", ["/mcp", "/mcp/messages/?session_id=" + "0" * 32])
def test_a_body_that_never_comes_to_its_end_holds_nobody_up(site: Site, path: str, body: bytes) -> None:
    """The rest of the request never arrives, and its client goes away."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.server.port}\r\nContent-Type: application/json\r\n"
    head += f"Accept: application/json, text/event-stream\r\nContent-Length: {len(body) + 10}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=WITHIN) as half, client(site.url) as http:
        half.sendall(head.encode() + body)
        assert is_alive(http)
    with client(site.url) as http:
        assert is_alive(http)


def test_what_cannot_be_read_is_not_logged(site: Site) -> None:
    """A broken message may hold a token, and anybody may send thousands of them."""
    secret = "5ecre7" * 4
    with client(site.url) as http, http.stream("GET", "/mcp/sse") as stream:
        lines = stream.iter_lines()
        endpoint = next(line for line in lines if line.startswith("data:")).partition(":")[2].strip()
        with client(site.url) as other:
            assert other.post(endpoint, json={"token": secret}).status_code == 400
    written = site.server.log.read_text()
    assert secret not in written
    assert "Failed to parse message" not in written
