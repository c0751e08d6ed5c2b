"""Operations of other plugins over REST."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from agentchatbus.plugin_api import (
    Call,
    ConfigError,
    CredentialParams,
    Metadata,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    Priority,
    Route,
    freeze,
    hookimpl,
)
from agentchatbus.testing import MakeBus
from agentchatbus_rest import attention
from tests.plugins.rest_kit import SECONDS, Rest, open_rest, serving


class ShelfParams(CredentialParams):
    """Parameters of a stranger's operation."""

    shelf: str
    tags: list[str] | None = None
    depth: int = 0


class Label(BaseModel):
    """A model inside of a result."""

    text: str
    printed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A stranger's result."""

    params: Metadata
    caller: str
    label: Label
    priority: Priority
    built_at: datetime


class ShelfPlugin(Plugin[PluginSettings]):
    """Offers the operations it is given."""

    def __init__(self, *routes: Route | None, **flags: Any) -> None:
        super().__init__(PluginSettings())
        self._routes = routes
        self._flags = flags

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        flags: dict[str, Any] = {"params": ShelfParams, "result": Shelf, "handler": shelf} | self._flags
        return [
            Operation(name=f"shelf_{number}", summary="Look at a shelf.", route=route, **flags)
            for number, route in enumerate(self._routes)
        ]


async def shelf(params: ShelfParams, call: Call) -> Shelf:
    """Return what was asked for."""
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    return Shelf(
        params=freeze(params.model_dump(exclude={"token", "agent_id"})),
        caller=call.caller.name,
        label=Label(text="x", printed_at=moment),
        priority=Priority.URGENT,
        built_at=moment,
    )


def answered(**params: Any) -> dict[str, Any]:
    """Return what `shelf` answers."""
    return {
        "params": {"shelf": "a", "tags": None, "depth": 0} | params,
        "caller": "human",
        "label": {"text": "x", "printed_at": "2030-01-01T00:00:00Z"},
        "priority": "urgent",
        "built_at": "2030-01-01T00:00:00.000000+00:00",
    }


async def test_an_operation_needs_nothing_but_a_route(make_bus: MakeBus) -> None:
    routes = [
        Route(method="GET", path="/api/shelves/{shelf}"),
        Route(method="PUT", path="/x/{shelf}", status=202),
        None,
    ]
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(*routes)])
    got = await rest.http.get("/api/shelves/a", params={"tags": ["p", "q"], "depth": "3", "unknown": "1"})
    assert (got.status_code, got.json()) == (200, answered(tags=["p", "q"], depth=3))
    put = await rest.http.put("/x/a", json={"shelf": "b", "depth": 4}, params={"depth": "5"})
    assert (put.status_code, put.json()) == (202, answered(depth=4))


async def test_a_result_may_be_any_plain_value(make_bus: MakeBus) -> None:
    async def handler(params: Params, call: Call) -> object:
        return {"big": 2**70, "tags": frozenset({"b", "a"}), 7: None, "at": datetime(2030, 1, 1, tzinfo=UTC)}

    plugin = ShelfPlugin(Route(method="GET", path="/x"), params=Params, result=Any, handler=handler)
    rest = await open_rest(make_bus, plugins=[plugin])
    answer = (await rest.http.get("/x")).json()
    assert answer == {"big": 2**70, "tags": ["a", "b"], "7": None, "at": "2030-01-01T00:00:00.000000+00:00"}


async def test_a_status_without_content_has_none(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(Route(method="DELETE", path="/x/{shelf}", status=204))])
    answer = await rest.http.delete("/x/a")
    assert (answer.status_code, answer.content, "content-length" in answer.headers) == (204, b"", False)


async def test_a_problem_in_a_path_lies_in_the_path(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(Route(method="POST", path="/x/{depth}"))])
    answer = await rest.http.post("/x/deep", json={})
    assert sorted(problem["loc"] for problem in answer.json()["detail"]) == [["body", "shelf"], ["path", "depth"]]


async def test_an_operation_with_credentials_takes_the_header(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(Route(method="GET", path="/x/{shelf}"))])
    agent = await rest.register()
    headers = {"x-agent-token": agent["token"]}
    assert (await rest.http.get("/x/a", headers=headers)).json()["caller"] == "Cursor (GPT-5)"
    other = await rest.http.get("/x/a", params={"agent_id": "other"}, headers=headers)
    assert (other.status_code, other.json()) == (401, {"detail": "agent_id must be a registered agent"})


async def test_a_token_is_not_read_from_an_address(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(Route(method="GET", path="/x/{shelf}"))])
    agent = await rest.register()
    answer = await rest.http.get("/x/a", params={"agent_id": agent["agent_id"], "token": agent["token"]})
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid agent_id/token"})


async def test_a_result_that_is_no_json_is_a_failure_of_the_bus(
    make_bus: MakeBus, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(params: Params, call: Call) -> object:
        return object()

    plugin = ShelfPlugin(Route(method="GET", path="/x"), params=Params, result=Any, handler=handler)
    rest = await open_rest(make_bus, plugins=[plugin])
    answer = await rest.http.get("/x")
    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal Server Error"})
    assert "object is not JSON" in caplog.text


async def test_two_operations_on_one_route_are_a_fault_of_the_configuration(make_bus: MakeBus) -> None:
    route = Route(method="GET", path="/api/threads")
    with pytest.raises(ConfigError, match="GET /api/threads of the operation 'shelf_0' is taken"):
        await open_rest(make_bus, plugins=[ShelfPlugin(route)])


async def test_a_path_may_name_parameters_only(make_bus: MakeBus) -> None:
    route = Route(method="GET", path="/x/{book}")
    with pytest.raises(ConfigError, match="'shelf_0' names 'book'"):
        await open_rest(make_bus, plugins=[ShelfPlugin(route)])


@dataclass(slots=True)
class Blocking:
    """A handler that blocks until the test lets it go on."""

    begun: asyncio.Event
    ended: asyncio.Event

    async def __call__(self, params: Params, call: Call) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()


async def test_a_call_ends_when_its_client_hangs_up(make_bus: MakeBus) -> None:
    """M28: no ghost waits on for somebody who is gone."""
    blocking = Blocking(asyncio.Event(), asyncio.Event())
    plugin = ShelfPlugin(Route(method="POST", path="/x"), params=Params, result=None, handler=blocking, idempotent=True)
    rest = await open_rest(make_bus, plugins=[plugin])
    async with serving(rest.app) as port, asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        await blocking.begun.wait()
        writer.close()
        await blocking.ended.wait()


async def test_a_wait_ends_when_its_client_hangs_up(make_bus: MakeBus) -> None:
    """M28."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    ended = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await rest.app(scope, receive, send)
        finally:
            ended.set()

    async with serving(app) as port, asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        body = b'{"after_seq": 0, "timeout_ms": 60000}'
        writer.write(_request(rest, agent["token"], body))
        await rest.bus.until_blocked()
        writer.close()
        await ended.wait()
        assert rest.bus.waits() == []


async def test_a_call_that_takes_long_is_answered_when_its_client_stays(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "PATIENCE", 0)
    rest = await open_rest(make_bus)
    agent = await rest.register()
    headers, body = {"x-agent-token": agent["token"]}, {"after_seq": 0, "timeout_ms": 60_000}
    async with serving(rest.app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        wait = asyncio.create_task(http.post(f"/api/threads/{rest.bus.thread}/wait", json=body, headers=headers))
        await rest.bus.until_blocked()
        await rest.post("news")
        assert (await wait).json()["messages"][0]["content"] == "news"
        again = await http.get("/health")
        assert again.status_code == 200


def _request(rest: Rest, token: str, body: bytes) -> bytes:
    head = [
        f"POST /api/threads/{rest.bus.thread}/wait HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-agent-token: {token}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
