"""The stream of events over real connections: slow clients, vanished clients, a stop in between."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import SECONDS, Frame, Rest, open_rest, serving
from tests.plugins.test_rest_events import note, texts

SMALL = 8 * 1024
TEXT = "x" * 1000


class RawStream:
    """A client of ``/events`` with the smallest buffers, which reads when it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._unread = b""

    async def frames(self, count: int) -> list[Frame]:
        """Read on until there are so many events."""
        found: list[Frame] = []
        async with asyncio.timeout(SECONDS):
            while len(found) < count:
                while b"\n\n" not in self._unread:
                    size = int(await self._reader.readline(), 16)
                    self._unread += (await self._reader.readexactly(size + 2))[:-2]
                text, _, self._unread = self._unread.partition(b"\n\n")
                frame = Frame.parse(text.decode())
                found += [frame] if frame.data is not None else []
        return found

    def reset(self) -> None:
        """Vanish without a word of farewell."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


@asynccontextmanager
async def raw_stream(port: int) -> AsyncIterator[RawStream]:
    """Open a stream and read its headers."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=SMALL)
    try:
        writer.write(b"GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        yield RawStream(reader, writer)
    finally:
        writer.close()


async def test_a_client_that_does_not_read_slows_nobody_and_loses_nothing(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with serving(rest.app, send_buffer=SMALL) as port, raw_stream(port) as slow, raw_stream(port) as quick:
        written = [f"{number} {TEXT}" for number in range(1000)]
        for start in range(0, 1000, 50):
            await note(rest, *written[start : start + 50])
            assert texts(await quick.frames(50)) == written[start : start + 50]
        assert texts(await slow.frames(1000)) == written


async def test_a_client_that_reads_too_late_is_told_to_read_anew(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with serving(rest.app, send_buffer=SMALL) as port, raw_stream(port) as slow:
        await note(rest, *(TEXT for _ in range(500)))
        frames = await slow.frames(1)
        answer = await rest.post("somebody else goes on")
        assert answer.status_code == 201
        newest = await note(rest, *("y" for _ in range(10_500)))
        while frames[-1].data["type"] != "resync":
            frames += await slow.frames(1)
        assert frames[-1].data == {"type": "resync", "payload": {"newest": newest}}
        assert len(frames) < 500
        assert [frame.id for frame in frames[:-1]] == list(
            range(frames[0].id or 0, (frames[0].id or 0) + len(frames) - 1)
        )
        await note(rest, "next")
        assert texts(await slow.frames(1)) == ["next"]


async def test_a_client_that_vanishes_frees_its_stream_at_once(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    tracked = Tracked(rest)
    async with serving(tracked) as port:
        async with raw_stream(port) as idle:
            await note(rest, "x")
            assert texts(await idle.frames(1)) == ["x"]
            idle.reset()
            await tracked.one_ended()
        assert rest.app.streams.count == 0


async def test_a_client_that_vanishes_with_unread_events_frees_its_stream_too(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    tracked = Tracked(rest)
    async with serving(tracked, send_buffer=SMALL) as port, raw_stream(port) as blocked:
        await note(rest, *(TEXT for _ in range(1000)))
        assert len(await blocked.frames(1)) == 1
        blocked.reset()
        await tracked.one_ended()
        assert rest.app.streams.count == 0


async def test_a_client_that_does_not_read_does_not_hold_up_the_stop(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    (transport,) = rest.bus.app.transports
    tracked = Tracked(rest)
    async with serving(tracked, send_buffer=SMALL) as port, raw_stream(port) as blocked:
        await note(rest, *(TEXT for _ in range(1000)))
        assert len(await blocked.frames(1)) == 1
        transport.stop()
        await tracked.one_ended()
        assert rest.app.streams.count == 0
        blocked.reset()


async def test_a_connection_serves_requests_after_a_stream_has_ended(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with serving(rest.app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        async with http.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == ": connected"
            rest.app.streams.stop()
            assert [line async for line in lines][:1] == ["retry: 1000"]
        first = stream.extensions["network_stream"].get_extra_info("client_addr")
        answer = await http.get("/health")
        assert answer.extensions["network_stream"].get_extra_info("client_addr") == first


class Tracked:
    """An application that says when a request has ended."""

    def __init__(self, rest: Rest) -> None:
        self._app = rest.app
        self._ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            self._ended.set()

    async def one_ended(self) -> None:
        """Wait until a request has ended."""
        async with asyncio.timeout(SECONDS):
            await self._ended.wait()
