"""One connection, and how much of it and how long the server reads without getting anywhere.

uvicorn leaves this to a proxy before it, and the bus has none: its parser copies an unfinished header with every piece
that arrives, on the loop that serves everybody.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES = 64 * 1024
"""The size of a request's line and headers together; browsers and proxies send a few kilobytes."""

SILENT_SECONDS = 60.0
"""How long nothing may arrive of a request that has begun."""

LINGER_SECONDS = 2.0
"""How long a connection lives on that was refused: who closes it at once resets it, and the answer may get lost."""

_BETWEEN = 4
"""Bytes of a header that are neither its name nor its value."""


class HeadTooLarge(Exception):
    """Ends the parser's work on a request."""


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with bounds for what comes in."""

    _heard_at = 0.0
    _unfinished = 0
    """Bytes since a head, a piece of a body or a request was whole."""

    _is_too_large = False
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._heard_at = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._heard_at = self.loop.time()
        self._unfinished += len(data)
        super().data_received(data)
        if self._is_endless() and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + _BETWEEN for name, value in self.headers)
        if size > MAX_HEAD_BYTES:
            self._is_too_large = True
            raise HeadTooLarge
        self._unfinished = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unfinished = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._is_too_large:
            self._refuse()
        else:
            super().send_400_response(msg)

    def close_if_silent(self, now: float) -> None:
        """End the connection when the client owes the rest of a request and has sent nothing for too long."""
        cycle = self._last_cycle
        owes = self._unfinished or cycle is None or cycle.more_body
        if owes and not self.flow.read_paused and now - self._heard_at > SILENT_SECONDS:
            self.transport.close()

    @property
    def _last_cycle(self) -> RequestResponseCycle | None:
        return cast("RequestResponseCycle | None", self.cycle)  # uvicorn's annotation leaves out the time before one

    def _is_endless(self) -> bool:
        return self._unfinished > MAX_HEAD_BYTES and not self._is_refused

    def _refuse(self) -> None:
        """Say that the head is too large, unless another answer is under way, and read on for a moment."""
        self._is_refused = True
        cycle = self._last_cycle
        if cycle is not None and not cycle.response_complete:
            self.transport.close()
            return
        self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
