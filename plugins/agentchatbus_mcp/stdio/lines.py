"""Newline-delimited JSON on file descriptors.

Both directions run on threads: a pipe may block, and the event loop may not. They use the descriptors themselves, for
a thread that holds a buffered file when the process ends would stop it from ending.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]

CHUNK = 65536


class LineReader:
    """Yields lines until the input ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def __aiter__(self) -> LineReader:
        return self

    async def __anext__(self) -> bytes:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        return line

    def _read(self) -> None:
        try:
            for line in self._split():
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
            self._loop.call_soon_threadsafe(self._lines.put_nowait, None)
        except RuntimeError:  # the loop is closed: nobody wants more
            return

    def _split(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        while chunk := self._chunk():
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                yield b"".join((*parts, line))
                parts.clear()
            parts.append(rest)
        yield b"".join(parts)

    def _chunk(self) -> bytes:
        try:
            return os.read(self._descriptor, CHUNK)
        except OSError:
            return b""


class LineWriter:
    """Writes one message a line, in the order in which they come."""

    def __init__(self, descriptor: int, on_broken: Callable[[], object]) -> None:
        """Start writing.

        Args:
            descriptor: Where to.
            on_broken: Called on the loop when nobody reads any more.
        """
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._on_broken = on_broken
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._thread.start()

    def write(self, message: Mapping[str, Any]) -> None:
        """Write a message soon."""
        self._lines.put(encoded(message) + b"\n")

    def close(self, timeout: float) -> None:
        """Wait until everything is written, but not for a client that does not read."""
        self._lines.put(None)
        self._thread.join(timeout)

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                while line:
                    line = line[os.write(self._descriptor, line) :]
        except OSError:
            self._loop.call_soon_threadsafe(self._on_broken)


def encoded(message: Mapping[str, Any]) -> bytes:
    """Return a message as JSON in ASCII, so that whatever came in can go out."""
    return json.dumps(message, separators=(",", ":")).encode()


def decoded(text: bytes) -> Any:
    """Return a JSON value.

    Raises:
        ValueError: The text is none.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
