"""The guard before every transport, and which transport gets which path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from agentchatbus.config import ServerTable
from agentchatbus.plugin_api import AsgiApp, HttpTransport
from agentchatbus.server import Dispatcher, Guard


def named(name: str) -> AsgiApp:
    """Return an application that answers with its name and the path it sees."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"{name} {scope['path']}".encode()})

    return app


async def reader(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body, and fail as frameworks do when its sender goes away."""
    while (message := await receive())["type"] != "http.disconnect":
        if not message.get("more_body"):
            await named("read")(scope, receive, send)
            return
    raise ConnectionError("the client went away")


async def ask(app: AsgiApp, path: str = "/", *, port: int = 39765, **options: Any) -> httpx.Response:
    """Send one request to an application that listens on the port."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}") as client:
        return await client.request(options.pop("method", "GET"), path, **options)


def guarded(app: AsgiApp | None = None, *, max_body_bytes: int = 100, **server: Any) -> Guard:
    return Guard(app or named("app"), ServerTable(**server), max_body_bytes=max_body_bytes)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/mcp", "http /mcp"),
        ("/mcp/x", "http /mcp/x"),
        ("/mcp/sse", "sse /mcp/sse"),
        ("/mcp/sse/x", "sse /mcp/sse/x"),
        ("/mcp/ssex", "http /mcp/ssex"),
        ("/mcpx", "rest /mcpx"),
        ("/", "rest /"),
    ],
)
async def test_the_longest_prefix_wins_and_the_application_sees_the_whole_path(path: str, answer: str) -> None:
    dispatcher = Dispatcher(
        [
            HttpTransport(name="rest", prefixes=("/",), app=named("rest")),
            HttpTransport(name="http", prefixes=("/mcp",), app=named("http")),
            HttpTransport(name="sse", prefixes=("/mcp/sse", "/sse/"), app=named("sse")),
        ]
    )
    assert (await ask(dispatcher, path)).text == answer


async def test_a_path_that_nobody_serves_is_not_found() -> None:
    answer = await ask(Dispatcher([HttpTransport(name="x", prefixes=("/x",), app=named("x"))]), "/y")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("host", ["bus.example", "BUS.example:8080", "other.example", "127.1.2.3", "localhost."])
async def test_configured_and_loopback_names_are_known(host: str) -> None:
    guard = guarded(host="bus.example", allowed_hosts=("Other.example",))
    assert (await ask(guard, headers={"Host": host})).status_code == 200


async def test_on_all_addresses_the_one_that_the_client_used_is_known() -> None:
    guard = guarded(host="0.0.0.0", operator_token="x")
    assert (await ask(guard, headers={"Host": "192.0.2.7"})).status_code == 421
    transport = httpx.ASGITransport(app=guard)
    async with httpx.AsyncClient(transport=transport, base_url="http://192.0.2.7:39765") as client:
        assert (await client.get("/")).status_code == 200


async def test_two_host_headers_are_refused() -> None:
    answer = await ask(guarded(), headers=[("Host", "127.0.0.1"), ("Host", "evil.example")])
    assert answer.status_code == 421


@pytest.mark.parametrize(
    "origin", ["http://localhost:x", "file://", "http://[::1", "http://localhost:39765.evil.example"]
)
async def test_an_origin_that_cannot_be_read_is_forbidden(origin: str) -> None:
    assert (await ask(guarded(), headers={"Origin": origin})).status_code == 403


async def test_an_allowed_origin_is_told_that_it_may_read() -> None:
    guard = guarded(allowed_origins=("https://pages.example/",))
    answer = await ask(guard, headers={"Origin": "https://pages.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://pages.example")
    own = await ask(guard, headers={"Origin": "http://127.0.0.1:39765"})
    assert "access-control-allow-origin" not in own.headers


async def test_an_allowed_origin_may_ask_first() -> None:
    headers = {
        "Origin": "https://pages.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-agent-token",
    }
    answer = await ask(guarded(allowed_origins=("https://pages.example",)), method="OPTIONS", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "PUT"
    assert answer.headers["access-control-allow-headers"] == "x-agent-token"
    assert (await ask(guarded(), method="OPTIONS", headers=headers)).status_code == 403


async def test_a_reader_that_fails_after_its_body_was_refused_changes_nothing() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 60

    answer = await ask(guarded(reader), method="POST", content=parts())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert answer.json() == {"detail": "The body of the request is larger than 100 bytes."}


async def test_a_failure_of_the_application_is_not_hidden() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("broken")

    async def parts() -> AsyncIterator[bytes]:
        yield b"x"

    with pytest.raises(LookupError):
        await ask(guarded(broken), method="POST", content=parts())


@pytest.mark.parametrize(
    "host",
    [
        *("[::1]evil", "[::1]evil:80", "127.0.0.1:99@evil", "127.0.0.1:80:80", "127.0.0.1:x", "127.0.0.1/evil", "::1"),
        *("[127.0.0.1]", "[::1", "a,127.0.0.1", "127.0.0.1 evil", "user@127.0.0.1", "127.0.0.1#", ":80", "[]"),
    ],
)
async def test_a_host_is_a_name_and_perhaps_a_port_and_nothing_else(host: str) -> None:
    assert (await ask(guarded(host="::1"), headers={"Host": host})).status_code == 421


@pytest.mark.parametrize(
    "host", ["[::1]", "[::1]:39765", "[2001:DB8::7]:80", "[2001:db8::8]", "127.0.0.1:", "a_b.example"]
)
async def test_whole_hosts_are_known_with_and_without_a_port(host: str) -> None:
    guard = guarded(host="2001:db8::7", operator_token="x", allowed_hosts=("[2001:db8::8]:99", "a_b.example"))
    assert (await ask(guard, headers={"Host": host})).status_code == 200
