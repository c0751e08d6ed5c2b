"""The MCP server behind its HTTP paths: Streamable HTTP, and the older pair of event stream and messages."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from mcp.server.runner import serve_dual_era_loop
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from sse_starlette.sse import AppStatus
from starlette.requests import ClientDisconnect, Request

from agentchatbus.plugin_api import Bus, Credentials, Offers, Operations, Session
from agentchatbus_mcp.admission import Admission
from agentchatbus_mcp.identity import WayIn, asked_profile
from agentchatbus_mcp.quick import SESSION_HEADER, QuickCalls
from agentchatbus_mcp.requests import AsgiMessage, OpenRequests, Receive, Scope, Send, plain_response
from agentchatbus_mcp.server import McpServer
from agentchatbus_mcp.settings import McpSettings

logger = logging.getLogger(__name__)

HTTP = "mcp-http"
SSE = "mcp-sse"
NOISY = "mcp.shared.jsonrpc_dispatcher"
QUIET = ("mcp.server.streamable_http_manager", "mcp.server.streamable_http")
FOR_STRANGERS = "mcp.server.sse"
"""Warns of sessions it does not know, which every client names that has outlived a restart, and repeats what it could
not read, which may hold a token."""

SESSION_ID = re.compile(rb"session_id=([0-9a-f]+)")
TOO_LARGE = 413


def prepare_libraries() -> None:
    """Make the SDK behave as a part of this server instead of as a program of its own."""
    # The bus ends streams itself, once those who wait have their answer; the library would cut them at the signal.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    # A client that leaves in the middle of a call is no news, and neither is each session that comes and goes.
    logging.getLogger(NOISY).addFilter(_is_news)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).addFilter(_has_client)
    logging.getLogger(FOR_STRANGERS).setLevel(logging.CRITICAL)


def _is_news(record: logging.LogRecord) -> bool:
    return "gave up" not in record.getMessage()


def _has_client(record: logging.LogRecord) -> bool:
    """Return whether a record tells of something else than a client that left before its request was whole."""
    return not (record.exc_info and isinstance(record.exc_info[1], ClientDisconnect))


class Streamable:
    """Streamable HTTP at one path, for every protocol revision that has it.

    The SDK's own check of Host and Origin is off: the server of the bus has made it already, and it alone knows which
    names the operator allows.
    """

    def __init__(self, server: McpServer, bus: Bus, settings: McpSettings) -> None:
        self.manager = StreamableHTTPSessionManager(
            server.lowlevel,
            session_idle_timeout=settings.session_idle_seconds,
            max_request_body_size=bus.settings.max_body_bytes,
            max_sessions=settings.max_sessions,
        )
        self._sessions = server.sessions
        self._quick = QuickCalls(server, transport=HTTP, session_idle_seconds=settings.session_idle_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "DELETE":
            self._sessions.forget(Request(scope).headers.get(SESSION_HEADER, ""))
        rest = await self._quick.answer(scope, receive, send)
        if rest is not None:
            await self.manager.handle_request(scope, rest, send)


class EventStream:
    """One pair of event stream and path for messages."""

    def __init__(self, server: McpServer, bus: Bus, messages_path: str) -> None:
        self._server = server
        self._open: dict[bytes, OpenRequests] = {}
        self._transport = SseServerTransport(messages_path, max_request_body_size=bus.settings.max_body_bytes)

    async def open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold one client's stream for as long as it stays."""
        opened = Request(scope)
        session = Session(credentials=Credentials(), language=opened.query_params.get("lang"))
        way_in = WayIn(transport=SSE, session=session, profile=asked_profile(opened))
        request = OpenRequests()
        await request.serve(partial(self._hold, way_in, request), scope, receive, send)

    async def _hold(self, way_in: WayIn, request: OpenRequests, scope: Scope, receive: Receive, send: Send) -> None:
        session_ids: list[bytes] = []

        async def send_noticing(message: AsgiMessage) -> None:
            if not session_ids and (named := SESSION_ID.search(message.get("body", b""))):
                session_ids.append(named[1])
                self._open[named[1]] = request
            await send(message)

        try:
            await self._speak(way_in, scope, receive, send_noticing)
        finally:
            for session_id in session_ids:
                self._open.pop(session_id, None)

    async def _speak(self, way_in: WayIn, scope: Scope, receive: Receive, send: Send) -> None:
        lowlevel = self._server.lowlevel
        async with self._transport.connect_sse(scope, receive, send) as (incoming, outgoing):
            await serve_dual_era_loop(
                lowlevel,
                incoming,
                outgoing,
                lifespan_state=way_in,
                init_options=lowlevel.create_initialization_options(),
            )

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one message of a client that has a stream.

        Clients do not look at the answer, so one whose message is too large would wait for its result for ever. The end
        of its stream tells it.
        """

        async def send_noticing(message: AsgiMessage) -> None:
            await send(message)
            named = SESSION_ID.search(scope["query_string"])
            if message.get("status") == TOO_LARGE and named and named[1] in self._open:
                self._open[named[1]].end()

        await self._transport.handle_post_message(scope, receive, send_noticing)


class Endpoint:
    """Serves the requests of one plugin by their paths."""

    def __init__(self, server: McpServer, bus: Bus) -> None:
        self._server = server
        self._admission = Admission(bus)
        self._requests: OpenRequests

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold what requests need, for as long as the context lasts."""
        self._requests = OpenRequests()
        async with self._server.updates.running():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await self._admission.refuses(scope, send):
            await self._requests.serve(self.route, scope, receive, send)

    async def route(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        raise NotImplementedError

    def stop(self) -> None:
        """End open streams soon."""
        self._server.updates.close()
        self._requests.stop()


class HttpEndpoint(Endpoint):
    """``/mcp``."""

    def __init__(self, server: McpServer, bus: Bus, settings: McpSettings) -> None:
        super().__init__(server, bus)
        self._streamable = Streamable(server, bus, settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with super().running(), self._streamable.manager.run():
            yield

    async def route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") == "/mcp":
            await self._streamable(scope, receive, send)
        else:
            await plain_response(send, 404, "MCP is served at /mcp.")


class SseEndpoint(HttpEndpoint):
    """``/mcp/sse`` and ``/sse`` with their paths for messages; other methods there speak Streamable HTTP."""

    def __init__(self, server: McpServer, bus: Bus, settings: McpSettings) -> None:
        super().__init__(server, bus, settings)
        own = EventStream(server, bus, "/mcp/messages/")
        classic = EventStream(server, bus, "/messages/")
        self._streams = {"/mcp/sse": own, "/sse": classic}
        self._messages = {"/mcp/messages": own, "/messages": classic}
        self._room = settings.max_sessions

    async def route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/")
        if stream := self._messages.get(path):
            await stream.take(scope, receive, send)
        elif path not in self._streams:
            await plain_response(send, 404, "There is an event stream at /mcp/sse.")
        elif scope["method"] == "GET" and not _has_session(scope):
            await self._open(self._streams[path], scope, receive, send)
        elif path == "/mcp/sse":
            await self._streamable(scope, receive, send)
        else:
            await plain_response(send, 405, "This is an event stream; use GET.", [(b"allow", b"GET")])

    async def _open(self, stream: EventStream, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a stream while there is room, as for the sessions of Streamable HTTP."""
        if self._room <= 0:
            logger.warning("A new event stream is refused: as many as max_sessions allows are open already")
            await plain_response(send, 503, "Too many open sessions. Try again later.", [(b"retry-after", b"5")])
            return
        self._room -= 1
        try:
            await stream.open(scope, receive, send)
        finally:
            self._room += 1


def _has_session(scope: Scope) -> bool:
    """Return whether the client speaks Streamable HTTP at this path; its stream belongs to its session then."""
    return any(name == b"mcp-session-id" for name, _ in scope["headers"])


def http_endpoint(bus: Bus, operations: Operations, offers: Offers, settings: McpSettings) -> HttpEndpoint:
    """Build what serves ``/mcp``."""
    return HttpEndpoint(_server(bus, operations, offers, settings), bus, settings)


def sse_endpoint(bus: Bus, operations: Operations, offers: Offers, settings: McpSettings) -> SseEndpoint:
    """Build what serves the event streams."""
    return SseEndpoint(_server(bus, operations, offers, settings), bus, settings)


def _server(bus: Bus, operations: Operations, offers: Offers, settings: McpSettings) -> McpServer:
    prepare_libraries()
    return McpServer(bus, operations, offers, way_in=WayIn(transport=HTTP), settings=settings)
