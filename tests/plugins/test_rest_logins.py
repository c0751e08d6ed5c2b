"""Who calls: headers, bearer tokens, and the cookie of the console."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from agentchatbus.config import ServerTable
from agentchatbus.plugin_api import BusSettings
from agentchatbus.server import Dispatcher, Guard
from agentchatbus.testing import MakeBus, ManualClock
from tests.plugins.rest_kit import Rest, open_rest, streaming

CLOSED_BUS = BusSettings(is_open=False, operator_token="let me in; please")
OPERATOR = {"x-admin-token": "let me in; please"}
OWN_PAGE = {"origin": "http://127.0.0.1"}
GUEST = {
    "kind": "guest",
    "name": "",
    "agent_id": None,
    "display_name": "",
    "scopes": [],
    "is_open": False,
    "needs_login": True,
}


async def token_of(rest: Rest, scope: str, **more: Any) -> dict[str, Any]:
    """Create an access token."""
    answer = await rest.http.post("/api/tokens", json={"name": "Ada", "scope": scope} | more, headers=OPERATOR)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def bearer(token: str) -> dict[str, str]:
    """Return the header that shows a token."""
    return {"authorization": f"Bearer {token}"}


async def me(rest: Rest, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what the bus says of a caller."""
    answer = await rest.http.get("/api/me", headers=headers)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


async def log_in(rest: Rest, token: str) -> httpx.Response:
    """Log in as a page of the bus does; the client keeps the cookie."""
    answer = await rest.http.post("/api/login", json={"token": token}, headers=OWN_PAGE)
    assert answer.status_code == 200, answer.text
    return answer


async def test_on_loopback_everybody_is_a_person_and_nobody_logs_in(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    shown = await me(rest)
    assert (shown["kind"], shown["name"], shown["scopes"]) == ("human", "human", ["human"])
    assert (shown["is_open"], shown["needs_login"]) == (True, False)
    agent = await rest.register("Nova")
    shown = await me(rest, {"x-agent-token": agent["token"]})
    assert (shown["kind"], shown["agent_id"], shown["display_name"]) == ("agent", agent["agent_id"], "Nova")


async def test_each_kind_of_token_may_come_as_a_bearer(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    human, guest = await token_of(rest, "human"), await token_of(rest, "agent")
    operator = await token_of(rest, "operator")
    agent = (
        await rest.http.post("/api/agents/register", json={"ide": "a", "model": "b"}, headers=bearer(guest["token"]))
    ).json()
    kinds = [
        (human["token"], "human", ["human"]),
        (operator["token"], "operator", ["human", "operator"]),
        ("let me in; please", "operator", ["human", "operator"]),
        (agent["token"], "agent", ["agent"]),
        (guest["token"], "guest", []),
        ("acb_nothing", "guest", []),
        ("0" * 64, "guest", []),
    ]
    for token, kind, scopes in kinds:
        shown = await me(rest, bearer(token))
        assert (shown["kind"], shown["scopes"], shown["needs_login"]) == (kind, scopes, kind == "guest")


async def test_an_access_token_opens_the_bus_as_far_as_its_scope_goes(make_bus: MakeBus) -> None:
    """H20."""
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    human, guest = bearer((await token_of(rest, "human"))["token"]), bearer((await token_of(rest, "agent"))["token"])
    assert (await rest.http.get("/api/threads", headers=guest)).status_code == 200
    assert (await rest.http.delete(f"/api/threads/{rest.bus.thread}", headers=guest)).status_code == 403
    posted = await rest.http.post(rest.messages, json={"content": "hi"}, headers=human)
    assert (posted.status_code, posted.json()["author"]) == (201, "human")
    assert (await rest.http.delete(f"/api/threads/{rest.bus.thread}", headers=human)).status_code == 200
    as_operator = {"name": "more", "scope": "operator"}
    assert (await rest.http.post("/api/tokens", json=as_operator, headers=human)).status_code == 403


async def test_an_agents_token_wins_over_the_access_token_that_lets_it_in(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    guest = bearer((await token_of(rest, "agent"))["token"])
    agent = (await rest.http.post("/api/agents/register", json={"ide": "a", "model": "b"}, headers=guest)).json()
    both = guest | {"x-agent-token": agent["token"]}
    posted = await rest.http.post(rest.messages, json={"content": "hi"}, headers=both)
    assert posted.json()["author_id"] == agent["agent_id"]
    body = {"agent_id": agent["agent_id"], "token": agent["token"]}
    assert (await rest.http.post("/api/agents/heartbeat", json=body, headers=guest)).json() == {"ok": True}
    claim = {"agent_id": agent["agent_id"]}
    assert (await rest.http.post("/api/agents/heartbeat", json=claim, headers=guest)).status_code == 401


async def test_a_token_ends_when_it_is_revoked_or_expires(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    ada, bea = await token_of(rest, "human"), await token_of(rest, "human", valid_days=1)
    listed = await rest.http.get("/api/tokens", headers=OPERATOR)
    assert [token["id"] for token in listed.json()] == [ada["id"], bea["id"]]
    assert ada["token"] not in listed.text
    assert (await rest.http.get("/api/threads", headers=bearer(ada["token"]))).status_code == 200
    assert (await rest.http.delete(f"/api/tokens/{ada['id']}", headers=OPERATOR)).status_code == 204
    assert (await rest.http.get("/api/threads", headers=bearer(ada["token"]))).status_code == 401
    clock = rest.bus.clock
    assert isinstance(clock, ManualClock)
    clock.advance(86_401)
    assert (await rest.http.get("/api/threads", headers=bearer(bea["token"]))).status_code == 401


async def test_a_login_keeps_the_token_where_no_script_and_no_other_site_gets_it(make_bus: MakeBus) -> None:
    """H25."""
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    assert await me(rest) == GUEST
    token = (await token_of(rest, "human"))["token"]
    answer = await log_in(rest, token)
    assert answer.json() == GUEST | {"kind": "human", "name": "human", "scopes": ["human"], "needs_login": False}
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"):
        assert part in cookie
    assert "Secure" not in cookie
    assert token not in answer.text
    assert (await me(rest))["kind"] == "human"
    assert (await rest.http.get("/api/threads")).status_code == 200
    assert (await rest.post("hi")).status_code == 401
    posted = await rest.http.post(rest.messages, json={"content": "hi"}, headers=OWN_PAGE)
    assert posted.status_code == 201


async def test_behind_tls_the_cookie_stays_there(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    body = {"token": OPERATOR["x-admin-token"]}
    answer = await rest.http.post("/api/login", json=body, headers={"origin": "https://bus.example"})
    assert answer.headers["set-cookie"].endswith("; Secure")


async def test_the_operator_token_logs_in_whatever_is_in_it(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    assert (await log_in(rest, OPERATOR["x-admin-token"])).json()["kind"] == "operator"
    assert (await me(rest))["scopes"] == ["human", "operator"]


async def test_a_logout_ends_it(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    await log_in(rest, (await token_of(rest, "human"))["token"])
    assert (await rest.http.post("/api/logout")).json() == {"ok": True}
    assert await me(rest) == GUEST


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"token": 7}, 422), ({"token": " "}, 422), ({"token": "acb_no"}, 401)]
)
async def test_a_login_needs_a_token_that_is_worth_something(
    make_bus: MakeBus, body: dict[str, Any], status: int
) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    answer = await rest.http.post("/api/login", json=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (status, False)
    assert "detail" in answer.json()


async def test_the_console_is_for_people(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    answer = await rest.http.post("/api/login", json={"token": (await token_of(rest, "agent"))["token"]})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_a_cookie_follows_events(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    cookie = (await log_in(rest, OPERATOR["x-admin-token"])).headers["set-cookie"].partition(";")[0]
    async with streaming(rest, cookie=f"other=1; {cookie}") as stream:
        assert stream.status == 200
    assert (await rest.http.get("/api/debug/sse-status")).json() == {"subscribers": 0}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 401),
        ({"origin": "http://127.0.0.1:39765"}, 200),
        ({"origin": "http://127.0.0.1:8080"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_a_cookie_changes_something_for_pages_of_the_bus_only(
    make_bus: MakeBus, headers: dict[str, str], status: int
) -> None:
    """H23: cookies are sent to every port of a host, and from every page of it."""
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    dispatcher = Dispatcher(rest.bus.app.transports)
    guard = Guard(dispatcher, ServerTable(), max_body_bytes=10_000, body_limit=dispatcher.body_limit)
    transport = httpx.ASGITransport(guard, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:39765") as http:
        body = {"token": OPERATOR["x-admin-token"]}
        logged_in = await http.post("/api/login", json=body, headers={"origin": "http://127.0.0.1:39765"})
        assert logged_in.status_code == 200
        answer = await http.post(f"/api/threads/{rest.bus.thread}/archive", headers=headers)
    assert answer.status_code == status


async def test_a_stale_cookie_locks_nobody_out_of_a_bus_on_loopback(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    headers = {"cookie": "acb_login_80=acb_gone; acb_login_0=acb_gone"}
    assert (await rest.http.get("/api/threads", headers=headers)).status_code == 200


async def test_no_error_repeats_a_token(make_bus: MakeBus) -> None:
    """H25."""
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    for headers in (bearer("acb_s3cr3t"), {"x-admin-token": "acb_s3cr3t"}, {"x-agent-token": "acb_s3cr3t"}):
        answer = await rest.http.get("/api/threads", headers=headers)
        assert (answer.status_code, "s3cr3t" in answer.text) == (401, False)
