"""Requests and answers as this plugin sees them: ASGI messages, with no framework in between."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
from pydantic import BaseModel

from agentchatbus.plugin_api import InvalidRequest, TooLarge, isoformat

AsgiMessage = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json"
NO_CONTENT = 204

PACKED_FROM = 16 * 1024
"""From how many bytes on JSON is compressed for those who accept it, which saves five bytes in six in little time."""

PACKED: Headers = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


class ClientGone(Exception):
    """The client hung up before its request was complete, so there is nobody to answer."""


class UnsupportedMediaType(InvalidRequest):
    """The body is not declared as JSON.

    A browser sends other types across sites without asking first, so nothing but JSON may reach an operation.
    """

    code = "unsupported_media_type"


class Inbound:
    """One request.

    Attributes:
        method: The HTTP method.
        variables: What the path's names in braces stand for.
        receive: The ASGI channel from the client.
    """

    __slots__ = ("_headers", "_limit", "_scope", "method", "receive", "variables")

    def __init__(self, scope: Scope, receive: Receive, variables: Mapping[str, str], *, limit: int) -> None:
        self._scope = scope
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._limit = limit
        self.method: str = scope["method"]
        self.variables = variables
        self.receive = receive

    def header(self, name: bytes) -> str | None:
        """Return a header's value, or None when it is missing or empty."""
        value = self._headers.get(name)
        return (value.decode("latin-1").strip() or None) if value is not None else None

    @property
    def bearer(self) -> str | None:
        """The token in the header ``Authorization``."""
        scheme, _, token = (self.header(b"authorization") or "").partition(" ")
        return (token.strip() or None) if scheme.lower() == "bearer" else None

    @property
    def token(self) -> str | None:
        """The token that came in a header, whatever it proves."""
        return self.header(b"x-agent-token") or self.bearer

    @property
    def port(self) -> int:
        """The port that the request came in by, 0 when it is none."""
        server = self._scope.get("server")
        return (server[1] or 0) if server else 0

    @property
    def address(self) -> str | None:
        """The peer's address."""
        client = self._scope.get("client")
        return client[0] if client else None

    @property
    def accepts_gzip(self) -> bool:
        """Whether the answer may be compressed."""
        for way in self._headers.get(b"accept-encoding", b"").replace(b" ", b"").split(b","):
            name, _, quality = way.partition(b";q=")
            if name == b"gzip":
                return not quality or quality.strip(b"0.") != b""
        return False

    @property
    def content_type(self) -> bytes:
        """What the body is declared as, empty when it is not."""
        return self._headers.get(b"content-type", b"")

    def query(self) -> dict[str, list[str]]:
        """Return the parameters of the query string."""
        text: bytes = self._scope["query_string"]
        return parse_qs(text.decode("latin-1"), keep_blank_values=True) if text else {}

    async def document(self) -> dict[str, Any]:
        """Return the JSON object in the body; no body is an empty object.

        Raises:
            UnsupportedMediaType: The body is declared as something else.
            TooLarge: It is larger than a request may be.
            InvalidRequest: It is no JSON, or no object.
            ClientGone: The client hung up.
        """
        body = await self._body()
        if not body:
            return {}
        if self.content_type != JSON and not _is_json(self.content_type.decode("latin-1")):
            raise UnsupportedMediaType("Send the body as JSON, with the header 'Content-Type: application/json'.")
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise _invalid("json_invalid", f"JSON decode error: {error}", error.pos) from None
        if not isinstance(document, dict):
            raise _invalid("dict_type", "Input should be a JSON object")
        return document

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Yield the body as it arrives.

        Raises:
            TooLarge: It is larger than a request may be.
            ClientGone: The client hung up.
        """
        size, has_more = 0, True
        while has_more:
            message = await self._next()
            piece = message.get("body", b"")
            has_more = message.get("more_body", False)
            size += len(piece)
            if size > self._limit:
                text = f"The body has more than {self._limit} bytes."
                raise TooLarge(text, field="body", size=size, limit=self._limit)
            yield piece

    async def _body(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])

    async def _next(self) -> AsgiMessage:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message


class Outbound(Protocol):
    """Something that answers a request."""

    async def send(self, inbound: Inbound, send: Send) -> None:
        """Send it to the client."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: Headers = ()

    async def send(self, inbound: Inbound, send: Send) -> None:
        headers, body = [*self.headers], self.body
        if self.status == NO_CONTENT:
            body = b""
        else:
            if len(body) >= PACKED_FROM and self.content_type == JSON and inbound.accepts_gzip:
                headers, body = [*headers, *PACKED], gzip.compress(body, 1, mtime=0)
            headers += (b"content-length", b"%d" % len(body)), (b"content-type", self.content_type)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if inbound.method == "HEAD" else body})


Handler = Callable[[Inbound], Awaitable[Outbound]]


def encode(document: Any) -> bytes:
    """Write a result as JSON: also frozen metadata, dataclasses, models, moments and bytes."""
    try:
        return orjson.dumps(document, _plain, orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:  # orjson knows no integers above 64 bits, no lone surrogates and no keys but strings
        return json.dumps(document, default=_plain, separators=(",", ":")).encode()


def json_text(document: Any) -> str:
    """Write a JSON object as a string inside of another one."""
    return encode(document).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return isoformat(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _invalid(kind: str, text: str, *place: int) -> InvalidRequest:
    return InvalidRequest(text, errors=[{"type": kind, "loc": place, "msg": text}])
