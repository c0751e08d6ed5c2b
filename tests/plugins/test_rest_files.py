"""Files over REST: operations that take them and operations that answer with them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from agentchatbus.config import ServerTable
from agentchatbus.plugin_api import (
    Action,
    BusSettings,
    Call,
    FileResult,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    Route,
    Upload,
    hookimpl,
    operation,
    operations_of,
)
from agentchatbus.server import Dispatcher, Guard
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import Rest, open_rest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LARGE = 2000
WAYS = ["form", "json"]


class ShelveParams(Params):
    """Parameters with a file."""

    file: Upload | None = None
    label: str = ""
    tags: list[str] | None = None


class BookParams(Params):
    """Which file to answer with."""

    name: str


class Book:
    """Pieces of a file that say when they are given up."""

    def __init__(self) -> None:
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async def aclose(self) -> None:
        self.is_closed = True


class ShelfOperations:
    """Operations on files."""

    def __init__(self) -> None:
        self.book = Book()

    @operation(route=Route(method="POST", path="/api/shelf", max_body_bytes=LARGE))
    async def shelf_fill(self, params: ShelveParams, _call: Call) -> dict[str, Any]:
        """Put a file on the shelf."""
        file = params.file
        told = None if file is None else [file.file_name, file.media_type, base64.b64encode(file.content)]
        return {"file": told, "label": params.label, "tags": params.tags}

    @operation(route=Route(method="GET", path="/static/shelf/{name}"), read_only=True, idempotent=True)
    async def shelf_take(self, params: BookParams, _call: Call) -> FileResult:
        """Take a file from the shelf."""
        if params.name == "pieces":
            body: Any = self.book
            return FileResult(body=body, media_type="text/markdown; charset=utf-8", file_name="Übung/1.md")
        return FileResult(
            body=PNG,
            media_type="image/png",
            file_name=params.name,
            is_inline=True,
            etag="v1",
            headers={"cache-control": "no-cache"},
        )


class ShelfPlugin(Plugin[PluginSettings]):
    """Offers them, and remembers what gates were told."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.holder = ShelfOperations()
        self.actions: list[Action] = []

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return operations_of(self.holder)

    @hookimpl
    async def check_action(self, action: Action) -> None:
        self.actions.append(action)


async def fill(rest: Rest, way: str, content: bytes, **fields: Any) -> httpx.Response:
    """Send a file as a form or as JSON."""
    if way == "form":
        return await rest.http.post("/api/shelf", files={"file": ("a.png", content, "image/png")}, data=fields)
    file = {"file_name": "a.png", "media_type": "image/png", "data": base64.b64encode(content).decode()}
    return await rest.http.post("/api/shelf", json={"file": file, **fields})


@pytest.mark.parametrize("way", WAYS)
async def test_a_file_arrives_as_it_was_sent(make_bus: MakeBus, way: str) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    answer = await fill(rest, way, PNG, label="x", tags=["a", "b"])
    assert answer.status_code == 200, answer.text
    name, media_type, data = answer.json()["file"]
    assert (name, media_type) == ("a.png", "image/png")
    assert base64.b64decode(base64.b64decode(data)) == PNG
    assert (answer.json()["label"], answer.json()["tags"]) == ("x", ["a", "b"])


@pytest.mark.parametrize("way", WAYS)
async def test_a_gate_is_told_how_large_a_file_is_and_not_what_is_in_it(make_bus: MakeBus, way: str) -> None:
    plugin = ShelfPlugin()
    await fill(await open_rest(make_bus, plugins=[plugin]), way, PNG)
    (action,) = [action for action in plugin.actions if action.operation == "shelf_fill"]
    assert action.arguments["file"] == {"file_name": "a.png", "media_type": "image/png", "size": len(PNG)}


@pytest.mark.parametrize("way", WAYS)
async def test_a_file_may_be_left_out(make_bus: MakeBus, way: str) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    more: dict[str, Any] = {"files": {"label": (None, "x")}} if way == "form" else {"json": {"label": "x"}}
    assert (await rest.http.post("/api/shelf", **more)).json() == {"file": None, "label": "x", "tags": None}


async def test_a_text_under_the_name_of_a_file_is_no_file(make_bus: MakeBus) -> None:
    """H28."""
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    answer = await rest.http.post("/api/shelf", files={"file": (None, "text")})
    problem = {"type": "upload", "loc": ["body", "file"], "msg": "Input should be a file"}
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"--b\r\n\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"),
    ],
)
async def test_what_is_no_form_is_refused(make_bus: MakeBus, content_type: str, body: bytes) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    answer = await rest.http.post("/api/shelf", content=body, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "form_invalid")


@pytest.mark.parametrize("way", WAYS)
async def test_a_route_sets_the_largest_size_of_its_bodies(make_bus: MakeBus, way: str) -> None:
    """H08: less or more than what holds for the rest."""
    settings = BusSettings(max_body_bytes=1000)
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()], settings=settings)
    assert (await fill(rest, way, b"x" * 1200)).status_code == 200
    assert (await fill(rest, way, b"x" * LARGE)).status_code == 413
    assert (await rest.post("x" * 1200)).status_code == 413


async def test_the_server_asks_the_route_too(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()], settings=BusSettings(max_body_bytes=1000))
    dispatcher = Dispatcher(rest.bus.app.transports)
    guard = Guard(dispatcher, ServerTable(), max_body_bytes=1000, body_limit=dispatcher.body_limit)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url="http://127.0.0.1") as http:
        statuses = [
            (await http.post(path, files={"file": ("a", b"x" * size)})).status_code
            for path, size in (("/api/shelf", 1200), ("/api/shelf", LARGE), ("/api/threads", 1200), ("/nope", 1200))
        ]
    assert statuses == [200, 413, 413, 404]


async def test_who_may_send_nothing_is_refused_before_a_form_is_read(make_bus: MakeBus) -> None:
    settings = BusSettings(is_open=False, operator_token="a long operator token")
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()], settings=settings)
    answer = await rest.http.post("/api/shelf", content=b"x", headers={"content-type": "multipart/form-data"})
    assert answer.status_code == 401


async def test_an_operation_without_files_takes_no_form(make_bus: MakeBus) -> None:
    """H23."""
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    answer = await rest.http.post(rest.messages, files={"content": (None, "x")})
    assert answer.status_code == 415


async def test_a_file_is_answered_with_its_type_and_name_and_nothing_that_runs(make_bus: MakeBus) -> None:
    """H28."""
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    answer = await rest.http.get("/static/shelf/a.png")
    assert (answer.status_code, answer.content) == (200, PNG)
    wanted = {
        "content-type": "image/png",
        "content-disposition": 'inline; filename="a.png"',
        "content-length": str(len(PNG)),
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
        "etag": '"v1"',
    }
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_file_that_the_client_has_is_not_sent_again(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    for known, status in (('"v1"', 304), ('W/"v1"', 304), ('"v0", "v1"', 304), ("*", 304), ('"v0"', 200)):
        answer = await rest.http.get("/static/shelf/a.png", headers={"if-none-match": known})
        assert (answer.status_code, bool(answer.content)) == (status, status == 200)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_file_in_pieces_is_closed_at_the_end(make_bus: MakeBus, method: str) -> None:
    plugin = ShelfPlugin()
    rest = await open_rest(make_bus, plugins=[plugin])
    answer = await rest.http.request(method, "/static/shelf/pieces")
    assert answer.content == (b"one two" if method == "GET" else b"")
    name = "attachment; filename=\"_bung_1.md\"; filename*=UTF-8''%C3%9Cbung%2F1.md"
    assert answer.headers["content-disposition"] == name
    assert plugin.holder.book.is_closed


async def test_a_route_outside_of_api_brings_its_prefix(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    (transport,) = rest.bus.app.transports
    assert "/static/shelf" in transport.prefixes
    assert not {"/", "/static"} & set(transport.prefixes)


async def test_forms_and_files_are_described(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin()])
    document = (await rest.http.get("/openapi.json")).json()
    body = document["paths"]["/api/shelf"]["post"]["requestBody"]["content"]
    form = body["multipart/form-data"]["schema"]["properties"]["file"]
    assert form == {"type": "string", "contentMediaType": "application/octet-stream"}
    assert "application/json" in body
    answers = document["paths"]["/static/shelf/{name}"]["get"]["responses"]
    assert "*/*" in answers["200"]["content"]
