"""A receiver of webhooks for tests."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One request that came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass(slots=True)
class Receiver:
    """A web server of this process that answers as it is told; `answers` runs out into 204."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, count: int) -> list[Delivery]:
        """Wait for so many requests and return them."""
        while len(self.deliveries) < count:
            self._came.clear()
            await self._came.wait()
        return self.deliveries

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                lines = head.strip().split("\r\n")[1:]
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                self.deliveries.append(Delivery(headers=headers, body=body))
                status, more = self.answers.pop(0) if self.answers else (204, {})
                extra = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{extra}\r\n".encode())
                await writer.drain()
                self._came.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
