"""A bus with the REST plugin under test: a client in the process, a stream reader, and a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from agentchatbus.plugin_api import AsgiApp, BusSettings, Plugin
from agentchatbus.testing import BusHarness, MakeBus
from agentchatbus_rest import RestPlugin, RestSettings
from agentchatbus_rest.app import RestApp

SECONDS = 10.0
"""How long a test waits for what has to happen."""


@dataclass(slots=True, kw_only=True)
class Rest:
    """A bus, and a client that speaks REST to it."""

    bus: BusHarness
    app: RestApp
    http: httpx.AsyncClient

    @property
    def messages(self) -> str:
        """The path of the messages of the bus's thread."""
        return f"/api/threads/{self.bus.thread}/messages"

    async def register(self, display_name: str | None = None, **introduction: Any) -> dict[str, Any]:
        """Register an agent and return what the bus says."""
        body = {"ide": "Cursor", "model": "GPT-5", "display_name": display_name} | introduction
        answer = await self.http.post("/api/agents/register", json=body)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def post(self, content: str = "hello", token: str | None = None, **body: Any) -> httpx.Response:
        """Post a message into the bus's thread."""
        headers = {"x-agent-token": token} if token else {}
        return await self.http.post(self.messages, json={"content": content} | body, headers=headers)


async def open_rest(
    make_bus: MakeBus,
    *,
    plugins: Sequence[Plugin[Any]] = (),
    settings: BusSettings | None = None,
    rest_settings: RestSettings | None = None,
    headers: dict[str, str] | None = None,
) -> Rest:
    """Make a bus that speaks REST."""
    bus = await make_bus(plugins=[RestPlugin(rest_settings or RestSettings()), *plugins], settings=settings)
    (transport,) = bus.app.transports
    assert isinstance(transport.app, RestApp)
    asgi = httpx.ASGITransport(transport.app)
    return Rest(
        bus=bus,
        app=transport.app,
        http=httpx.AsyncClient(transport=asgi, base_url="http://127.0.0.1", headers=headers),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream; `data` is None for a comment or a mere id."""

    id: int | None
    data: Any

    @classmethod
    def parse(cls, text: str) -> Frame:
        fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(":"))
        assert fields.get("event", "message") == "message"
        return cls(
            id=int(fields["id"]) if "id" in fields else None,
            data=json.loads(fields["data"]) if "data" in fields else None,
        )


@dataclass(slots=True)
class StreamReader:
    """A client of ``/events`` inside the process."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    _chunks: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.body += message.get("body", b"")
        self._chunks.put_nowait(message.get("body", b""))
        if not message.get("more_body", False):
            self._chunks.put_nowait(None)

    def hang_up(self) -> None:
        """Go away."""
        self._gone.set()

    async def chunk(self) -> str | None:
        """Return what is sent next, None at the end."""
        async with asyncio.timeout(SECONDS):
            piece = await self._chunks.get()
        return None if piece is None else piece.decode()

    async def frames(self, count: int) -> list[Frame]:
        """Return the next events, comments aside."""
        found: list[Frame] = []
        while len(found) < count:
            piece = await self.chunk()
            assert piece is not None, f"the stream ended after {found}"
            frames = [Frame.parse(text) for text in piece.split("\n\n") if text]
            found += [frame for frame in frames if frame.data is not None]
        return found


@asynccontextmanager
async def streaming(rest: Rest, query: str = "", **headers: str) -> AsyncIterator[StreamReader]:
    """Follow ``/events`` until the block ends; what the stream begins with is read already."""
    reader = StreamReader()
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/events",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    task = asyncio.create_task(rest.app(scope, reader.receive, reader.send))
    try:
        await reader.chunk()
        yield reader
    finally:
        reader.hang_up()
        async with asyncio.timeout(SECONDS):
            await task


class _Server(uvicorn.Server):
    """Says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def serving(app: AsgiApp, *, send_buffer: int | None = None) -> AsyncIterator[int]:
    """Serve an application on a free port for the block; a small send buffer makes slow clients noticed sooner."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        if send_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, lifespan="off", access_log=False, log_level="warning", http="httptools", interface="asgi3"
        )
        config.timeout_graceful_shutdown = 1
        server = _Server(config)
        task = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(SECONDS):
            await server.up.wait()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task
