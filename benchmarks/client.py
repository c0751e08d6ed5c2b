"""A lean HTTP/1.1 client on asyncio streams: keep-alive, one request at a time, no more than the scenarios need.

A general client would cost more processor time than the server under test.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

HEAD_LIMIT = 4 * 1024 * 1024


class RequestFailed(Exception):
    """The server answered something else than success."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; `head` is its status line and headers in lower case."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)

    def header(self, name: bytes) -> str | None:
        return _header(self.head, name)


@dataclass(slots=True)
class Connection:
    """One kept-alive connection."""

    address: Address
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, address: Address) -> Connection:
        reader, writer = await asyncio.open_connection(address.host, address.port, limit=HEAD_LIMIT)
        return cls(address, reader, writer)

    def close(self) -> None:
        self.writer.close()

    async def request(self, method: str, path: str, body: bytes = b"", headers: bytes = b"") -> Answer:
        """Send one request and return its answer; `headers` are whole lines, each ended by CR LF."""
        self.send(method, path, body, headers)
        return await self.receive()

    def send(self, method: str, path: str, body: bytes = b"", headers: bytes = b"") -> None:
        """Send a request whose answer is taken later with `receive`."""
        start = f"{method} {path} HTTP/1.1\r\nhost: {self.address.host}:{self.address.port}\r\n"
        kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if body else ""
        self.writer.write(start.encode() + kind.encode() + headers + b"\r\n" + body)

    async def receive(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if (length := _header(head, b"content-length")) is not None:
            return Answer(status, head, await self.reader.readexactly(int(length)))
        if b"transfer-encoding: chunked" in head:
            return Answer(status, head, await self._chunks())
        return Answer(status, head, b"")

    async def _chunks(self) -> bytes:
        parts = []
        while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        await self.reader.readuntil(b"\r\n")
        return b"".join(parts)

    async def post_json(self, path: str, document: Any, headers: bytes = b"") -> Any:
        """Post a JSON document and return the JSON of a successful answer.

        Raises:
            RequestFailed: The status is not 2xx.
        """
        answer = await self.request("POST", path, orjson.dumps(document), headers)
        if not 200 <= answer.status < 300:
            raise RequestFailed(f"POST {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json()


def _header(head: bytes, name: bytes) -> str | None:
    start = head.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip().decode()
