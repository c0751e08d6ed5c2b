"""One connection, and how much of it and how long the server reads without getting anywhere.

uvicorn leaves this to a proxy before it, and the bus has none: its parser copies an unfinished header with every piece
that arrives, on the loop that serves everybody.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES = 64 * 1024
"""The size of a request's line and headers together; browsers and proxies send a few kilobytes."""

SILENT_SECONDS = 60.0
"""How long nothing may arrive of a request that has begun."""

LINGER_SECONDS = 2.0
"""How long a connection lives on that was refused: who closes it at once resets it, and the answer may get lost."""

_BETWEEN = 4
"""Bytes of a header that are neither its name nor its value."""


_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
"""Headers that say how long a body is."""


class HeadTooLarge(Exception):
    """Ends the parser's work on a request."""


class Parser(httptools.HttpRequestParser):
    """Goes on after a request that offers another protocol.

    A server may ignore such an offer (RFC 9110, section 7.8), and some clients make it with each request, HTTP/2 over
    plain text say. The parser takes what follows for that protocol; so the body gets a parser that has not seen it.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._connection.go_on(data[offer.args[0] :])


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with bounds for what comes in."""

    _heard_at = 0.0
    _unfinished = 0
    """Bytes since a head, a piece of a body or a request was whole."""

    _is_too_large = False
    _is_refused = False
    _is_repeating = False
    """Whether the parser is told of a head that it has read before."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.parser = self._new_parser()

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

    def go_on(self, rest: bytes) -> None:
        """Read the body of a request that has offered another protocol, and what comes after it."""
        self.parser = self._new_parser()
        self._is_repeating = True
        framing = [name + b": " + value + b"\r\n" for name, value in self.headers if name in _FRAMING]
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")
        if rest:
            self.parser.feed_data(rest)

    def on_message_begin(self) -> None:
        if not self._is_repeating:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._is_repeating:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_repeating:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_repeating:
            self._is_repeating = False
            return
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
        if not self.parser.should_upgrade():  # otherwise the body is still to come
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

    def _new_parser(self) -> Parser:
        parser = Parser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's: it answers, then closes
        return parser

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
