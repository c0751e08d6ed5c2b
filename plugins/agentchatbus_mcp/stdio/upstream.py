"""HTTP to the server: one request for each message, and the messages that come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from agentchatbus_mcp.stdio.lines import Json, decoded, encoded

ACCEPT = "application/json, text/event-stream"
SILENCE_SECONDS = 60.0
"""How long a connection may be silent; the server sends something every 15 seconds."""

CONNECT_SECONDS = 5.0
SESSION_GONE = 404
UNAVAILABLE = 503
OK = 200


class Lost(Exception):
    """There is no answer.

    Attributes:
        may_be_done: Whether the server may have done what was asked.
        is_unexplained: Whether a server that runs would have answered; if it does run, the request itself is the cause.
    """

    def __init__(self, reason: str, *, may_be_done: bool, is_unexplained: bool = False) -> None:
        super().__init__(reason)
        self.may_be_done = may_be_done
        self.is_unexplained = is_unexplained


class Unsendable(Exception):
    """The message cannot be sent over HTTP, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The response to one message."""

    response: httpx2.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    async def messages(self) -> AsyncIterator[Any]:
        """Yield the messages of the body as they come."""
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            async for message in _events(self.response):
                yield message
            return
        if (message := _json(await self.response.aread())) is not None:
            yield message


class Upstream:
    """The server at one address."""

    def __init__(self, url: str, headers: Mapping[str, str], *, uses_proxies: bool) -> None:
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=None)
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=16)
        self._url = url
        self._client = httpx2.AsyncClient(
            headers=dict(headers),
            timeout=timeout,
            limits=limits,
            trust_env=uses_proxies,
            verify=needs_certificates(url),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def post(self, message: Json, headers: Mapping[str, str]) -> AsyncIterator[Reply]:
        """Send a message; leaving the context ends the request.

        Raises:
            Lost: The server cannot be reached, went away, or is about to.
            Unsendable: The message makes no valid request.
        """
        sent = {"Content-Type": "application/json", "Accept": ACCEPT, **headers}
        async with self._exchange("POST", sent, encoded(message)) as reply:
            yield reply

    @asynccontextmanager
    async def get(self, headers: Mapping[str, str]) -> AsyncIterator[Reply]:
        """Open the stream of what the server says unasked.

        Raises:
            Lost: The server cannot be reached or went away.
        """
        async with self._exchange("GET", {"Accept": "text/event-stream", **headers}) as reply:
            yield reply

    async def delete(self, headers: Mapping[str, str]) -> None:
        """Say that a session is over.

        Raises:
            Lost: The server cannot be reached or went away.
        """
        async with self._exchange("DELETE", headers):
            return

    @asynccontextmanager
    async def _exchange(self, method: str, headers: Mapping[str, str], content: bytes = b"") -> AsyncIterator[Reply]:
        try:
            request = self._client.build_request(method, self._url, headers=dict(headers), content=content)
        except ValueError as error:
            raise Unsendable(f"This cannot be sent over HTTP: {error}") from None
        try:
            response = await self._client.send(request, stream=True)
            try:
                if response.status_code == UNAVAILABLE:
                    raise Lost("The server starts or stops.", may_be_done=True)
                yield Reply(response)
            finally:
                await response.aclose()
        except httpx2.LocalProtocolError as error:
            raise Unsendable(f"This cannot be sent over HTTP: {error}") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Lost(f"There is no server: {error}", may_be_done=False) from None
        except httpx2.TransportError as error:
            raise Lost(f"The connection was lost: {error!r}", may_be_done=True, is_unexplained=True) from None


async def _events(response: httpx2.Response) -> AsyncIterator[Any]:
    """Yield the data of an event stream; lines are split as bytes, for text may contain other line ends."""
    rest, data = b"", b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            text = line.rstrip(b"\r")
            if text.startswith(b"data:"):
                data += text[5:].strip()
            elif not text and data:
                if (message := _json(data)) is not None:
                    yield message
                data = b""


def _json(text: bytes) -> Any:
    try:
        return decoded(text)
    except ValueError:
        return None


def needs_certificates(url: str) -> bool:
    """Return whether certificates play a part; loading them takes a tenth of a second."""
    return url.startswith("https:")


def mcp_url(url: str, wishes: Mapping[str, str | None]) -> str:
    """Return the address of the endpoint, with what the client wishes, such as a language."""
    query = {name: wish for name, wish in wishes.items() if wish}
    return str(httpx2.URL(url, params=query)) if query else url
