"""A short way for calls that need no stream.

For clients of the handshake era the SDK opens an event stream for every call, which costs more than the call itself;
for those of the stateless era it prepares one. Both may be answered with plain JSON. So calls that cannot block, and
for which nobody wants progress reports, are answered here. Every other request, and every one that is not quite as
expected, goes to the SDK as it came.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import (
    MCP_PROTOCOL_VERSION_HEADER,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
)
from mcp_types import SERVER_INFO_META_KEY
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from starlette.requests import Request

from agentchatbus.plugin_api import Credentials, Session
from agentchatbus_mcp.presenters.base import compact
from agentchatbus_mcp.requests import AsgiMessage, Receive, Scope, Send
from agentchatbus_mcp.server import McpServer

SESSION_HEADER = "mcp-session-id"
JSON = "application/json"
EVENTS = "text/event-stream"
RENEWALS = 4
"""How many calls in one idle time go to the SDK, so that it does not take the client for a silent one."""

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickCall:
    """A tool call that may be answered without a stream."""

    id: str | int
    name: str
    arguments: Mapping[str, Any] | None


class QuickCalls:
    """Answers what it can; the rest is for the SDK."""

    def __init__(self, server: McpServer, *, transport: str, session_idle_seconds: float) -> None:
        self._server = server
        self._transport = transport
        self._meta = {SERVER_INFO_META_KEY: server.lowlevel.server_info_stamp}
        self._renewal = session_idle_seconds / RENEWALS

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer the request.

        Returns:
            None when it was answered, else what the SDK has to read it from.
        """
        request = Request(scope)
        session = self._session(request) if _is_expected(request) else None
        if session is None:
            return receive
        messages = await _read(receive)
        call = self._parse(b"".join(message.get("body", b"") for message in messages), request)
        if call is None:
            return _replay(messages, receive)
        body, headers = await self._call(call, session, request)
        await _send(send, body, headers)
        return None

    def _session(self, request: Request) -> Session | None:
        """Return the session of the client, or None when the SDK has to see this request."""
        version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER)
        if version in MODERN_PROTOCOL_VERSIONS:
            return Session(credentials=Credentials())
        known = self._server.sessions.find(request.headers.get(SESSION_HEADER, ""))
        is_legacy = version is None or version in HANDSHAKE_PROTOCOL_VERSIONS
        if known is None or not is_legacy or time.monotonic() > known.heard_at + self._renewal:
            return None
        return known.session

    def _parse(self, body: bytes, request: Request) -> QuickCall | None:
        try:
            message = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        call = _tool_call(message)
        if call is None or not self._server.toolbox.is_quick(call.name):
            return None
        return call if not _is_modern(request) or _is_consistent(message, request) else None

    async def _call(self, call: QuickCall, session: Session, request: Request) -> tuple[dict[str, Any], list[Header]]:
        self._server.sessions.refresh(session, request, self._transport)
        try:
            answer = {"result": await self._server.toolbox.call(call.name, call.arguments, session)}
        except MCPError as error:
            answer = {"error": {"code": error.code, "message": error.message}}
        body = {"jsonrpc": "2.0", "id": call.id, **answer}
        if not _is_modern(request):
            return body, [(SESSION_HEADER.encode(), request.headers[SESSION_HEADER].encode())]
        if "result" in answer:
            body["result"] = {"resultType": "complete", **answer["result"], "_meta": self._meta}
        return body, []


def _is_modern(request: Request) -> bool:
    return request.headers.get(MCP_PROTOCOL_VERSION_HEADER) in MODERN_PROTOCOL_VERSIONS


def _is_expected(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    return request.method == "POST" and content_type == JSON and JSON in accept and EVENTS in accept


def _is_consistent(message: Mapping[str, Any], request: Request) -> bool:
    """Return whether body and headers of a stateless request say the same; what is wrong the SDK will say."""
    if find_duplicated_routing_header(request.headers.items()) is not None:
        return False
    return isinstance(classify_inbound_request(message, headers=request.headers), InboundModernRoute)


def _tool_call(message: Any) -> QuickCall | None:
    """Return the call that a message makes, None when it is another message or wants progress reports."""
    match message:
        case {
            "jsonrpc": "2.0",
            "id": str() | int() as identifier,
            "method": "tools/call",
            "params": {"name": str() as name, **rest},
        } if not isinstance(identifier, bool):
            meta, arguments = rest.get("_meta", {}), rest.get("arguments")
            if isinstance(meta, dict) and "progressToken" not in meta and isinstance(arguments, dict | None):
                return QuickCall(id=identifier, name=name, arguments=arguments)
    return None


async def _read(receive: Receive) -> list[AsgiMessage]:
    """Return the messages of the request's body; the server has limited its size."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _replay(messages: list[AsgiMessage], receive: Receive) -> Receive:
    """Return a way to read the request again from its beginning."""
    pending = deque(messages)

    async def replayed() -> AsgiMessage:
        return pending.popleft() if pending else await receive()

    return replayed


async def _send(send: Send, body: Mapping[str, Any], headers: list[Header]) -> None:
    content = compact(body).encode()
    described = [(b"content-type", JSON.encode()), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": [*described, *headers]})
    await send({"type": "http.response.body", "body": content, "more_body": False})
