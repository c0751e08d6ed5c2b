"""HTTP as such: methods, paths, bodies, credentials, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from agentchatbus.plugin_api import (
    Action,
    BusError,
    BusSettings,
    Conflict,
    Forbidden,
    NotFound,
    Plugin,
    PluginSettings,
    RateLimited,
    Rejected,
    SyncError,
    SyncFieldsMissing,
    ThreadClosed,
    Unauthenticated,
    Unavailable,
    hookimpl,
)
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import open_rest, serving

CLOSED_BUS = BusSettings(is_open=False, operator_token="let me in; please")


class GatePlugin(Plugin[PluginSettings]):
    """Refuses every operation with one error."""

    def __init__(self, error: Exception) -> None:
        super().__init__(PluginSettings())
        self._error = error

    @hookimpl
    async def check_action(self, action: Action) -> None:
        raise self._error


class TeapotRejected(Rejected):
    """An error that the bus has never heard of."""

    code = "teapot"


async def test_health_says_who_is_there(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    document = (await rest.http.get("/health")).json()
    assert document["version"]
    assert document | {"status": "ok", "service": "AgentChatBus", "engine": "python"} == document


async def test_health_does_not_look_at_the_database(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    await rest.bus.app.bus.storage.close()  # type: ignore[attr-defined]
    assert (await rest.http.get("/health")).status_code == 200
    answer = await rest.http.get("/api/threads")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/api", "/api/threads/x/nope", "/api/threads//messages", "//api/threads/"]
)
async def test_an_unknown_path_is_not_found(make_bus: MakeBus, path: str) -> None:
    rest = await open_rest(make_bus)
    scope = httpx.URL(f"http://127.0.0.1{path}")
    answer = await rest.http.get(scope)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/threads", "GET, HEAD, POST"),
        ("OPTIONS", "/api/threads", "GET, HEAD, POST"),
        ("HEAD", "/api/agents/register", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("POST", "/events", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(make_bus: MakeBus, method: str, path: str, allow: str) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.content == (b"" if method == "HEAD" else b'{"detail":"Method Not Allowed"}')


@pytest.mark.parametrize("path", ["/health", "/api/threads", "/openapi.json", "/docs", "/events"])
async def test_head_answers_as_get_does_without_its_body(make_bus: MakeBus, path: str) -> None:
    """H66."""
    rest = await open_rest(make_bus)
    head = await rest.http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    if path != "/events":
        assert head.headers == (await rest.http.get(path)).headers
    assert rest.app.streams.count == 0


async def test_a_slash_too_many_is_redirected(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post("/api/threads/?a=b%20c")
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/threads?a=b%20c")


@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        (b"{", "json_invalid", ["body", 1]),
        (b"\xff", "json_invalid", ["body", 0]),
        (b'{"content": NaN}', "json_invalid", ["body", 12]),
        (b"[]", "dict_type", ["body"]),
        (b"7", "dict_type", ["body"]),
        (b"", "missing", ["body", "content"]),
        (b'{"content": 7}', "string_type", ["body", "content"]),
        (b'{"content": "x", "role": "king"}', "enum", ["body", "role"]),
    ],
)
async def test_a_broken_body_is_told_what_is_wrong_with_it(
    make_bus: MakeBus, body: bytes, kind: str, place: list[object]
) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post(rest.messages, content=body, headers={"content-type": "application/json"})
    (problem,) = answer.json()["detail"]
    assert answer.status_code == 422
    assert set(problem) == {"type", "loc", "msg"}
    assert (problem["type"], problem["loc"][:1]) == (kind, place[:1])
    assert problem["loc"] == place or kind == "json_invalid"


async def test_a_query_is_checked_too(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.get("/api/threads", params={"limit": "many", "status": "bogus"})
    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["query", "status"], ["query", "limit"]]


async def test_nesting_without_end_is_refused(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    body = b'{"content": "x", "metadata": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    answer = await rest.http.post(rest.messages, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_foreign_page_can_send_unasked_is_no_request(make_bus: MakeBus, media_type: str | None) -> None:
    """H23."""
    rest = await open_rest(make_bus)
    headers = {"content-type": media_type} if media_type else {}
    answer = await rest.http.post(rest.messages, content=b'{"content": "x"}', headers=headers)
    assert (answer.status_code, "application/json" in answer.json()["detail"]) == (415, True)
    assert await rest.bus.messages() == []


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/a2a+json"])
async def test_json_may_be_declared_in_every_usual_way(make_bus: MakeBus, media_type: str) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post(rest.messages, content=b'{"content": "x"}', headers={"content-type": media_type})
    assert answer.status_code == 201


async def test_a_body_has_a_largest_size_whatever_its_length_says(make_bus: MakeBus) -> None:
    """H05, H08."""
    rest = await open_rest(make_bus, settings=BusSettings(max_body_bytes=1000))

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    answer = await rest.http.post(rest.messages, content=pieces(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (413, "The body has more than 1000 bytes.")


async def test_a_field_of_the_body_does_not_override_the_path(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    assert (await rest.post(thread_id="elsewhere")).status_code == 201


async def test_without_a_token_a_bus_on_the_network_shows_nothing(make_bus: MakeBus) -> None:
    """H20, H24, H25."""
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    for path in ("/api/threads", "/api/agents", "/events", "/openapi.json", "/docs"):
        answer = await rest.http.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        wrong = await rest.http.get(path, headers={"x-admin-token": "let me"})
        assert wrong.status_code == 401
    listed = await rest.http.get("/api/threads", headers={"x-admin-token": "let me in; please"})
    assert listed.status_code == 200


MISMATCH = {"detail": {"error": "Too many requests.", "limit": 30, "window": 60, "retry_after": 13}}
ERRORS: list[tuple[Exception, int, Any]] = [
    (Unauthenticated("Who?"), 401, {"detail": "Who?"}),
    (Forbidden("Not you."), 403, {"detail": "Not you."}),
    (NotFound("Gone.", kind="thread", id="x"), 404, {"detail": "Gone."}),
    (Conflict("Used."), 409, {"detail": "Used."}),
    (
        ThreadClosed("It is closed.", thread_id="x", status="closed"),
        400,
        {"detail": {"error": "THREAD_CLOSED", "message": "It is closed.", "thread_id": "x", "status": "closed"}},
    ),
    (
        SyncFieldsMissing("Missing.", missing_fields=["reply_token"]),
        400,
        {
            "detail": {
                "error": "MISSING_SYNC_FIELDS",
                "missing_fields": ["reply_token"],
                "action": "CALL_SYNC_CONTEXT_THEN_RETRY",
            }
        },
    ),
    (SyncError("Read first."), 400, {"detail": "Read first."}),
    (Rejected("No."), 400, {"detail": {"error": "No."}}),
    (TeapotRejected("Short and stout.", spout=1), 400, {"detail": {"error": "Short and stout.", "spout": 1}}),
    (RateLimited("Too many requests.", retry_after=12.1, limit=30, window=60), 429, MISMATCH["detail"] | MISMATCH),
    (Unavailable("Full."), 503, {"detail": "Full."}),
    (BusError("secret internals"), 500, {"detail": "Internal Server Error"}),
    (RuntimeError("secret internals"), 500, None),
]


@pytest.mark.parametrize(("error", "status", "document"), ERRORS, ids=lambda value: type(value).__name__)
async def test_each_error_has_its_form(make_bus: MakeBus, error: Exception, status: int, document: Any) -> None:
    """H27, H66."""
    rest = await open_rest(make_bus, plugins=[GatePlugin(error)])
    answer = await rest.http.get("/api/threads")
    assert answer.status_code == status
    assert "secret internals" not in answer.text
    assert answer.json() == document or document is None
    assert answer.headers.get("retry-after") == {429: "13", 503: "1"}.get(status)


async def test_a_connection_outlives_every_error(make_bus: MakeBus) -> None:
    """H66."""
    rest = await open_rest(make_bus, plugins=[GatePlugin(BusError("x"))])
    async with serving(rest.app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        ports = set()
        requests: list[tuple[str, str, dict[str, Any], int]] = [
            ("GET", "/api/threads", {}, 500),
            ("GET", "/nope", {}, 404),
            ("DELETE", "/api/threads", {}, 405),
            ("POST", rest.messages, {"content": b"{", "headers": {"content-type": "application/json"}}, 422),
            ("POST", rest.messages, {"content": b"x" * 300_000, "headers": {"content-type": "text/plain"}}, 415),
            ("HEAD", "/health", {}, 200),
            ("GET", "/health", {}, 200),
        ]
        for method, path, more, status in requests:
            answer = await http.request(method, path, **more)
            assert answer.status_code == status
            assert "connection" not in answer.headers
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
        assert len(ports) == 1
        assert orjson.loads(answer.content)["status"] == "ok"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate", "gzip"), ("br;q=1.0, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("", None)],
)
async def test_a_long_answer_is_compressed_for_those_who_accept_it(
    make_bus: MakeBus, accepted: str, encoding: str | None
) -> None:
    rest = await open_rest(make_bus, headers={"accept-encoding": accepted})
    short = await rest.http.get(rest.messages)
    for _ in range(5):
        await rest.post("a word " * 1000)
    long = await rest.http.get(rest.messages)
    assert (short.headers.get("content-encoding"), long.headers.get("content-encoding")) == (None, encoding)
    assert [message["content"] for message in long.json()][-5:] == ["a word " * 1000] * 5
    assert (int(long.headers["content-length"]) < 5000) is (encoding is not None)
