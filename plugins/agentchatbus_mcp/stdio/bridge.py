"""The bridge: every message of the client goes to the server, every message of the server to the client."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from agentchatbus_mcp.stdio.envelopes import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    error_response,
    is_id,
    is_request,
    modern_version,
    params_of,
    problem_of,
    routing_headers,
)
from agentchatbus_mcp.stdio.exchange import Exchange
from agentchatbus_mcp.stdio.handshake import Handshake
from agentchatbus_mcp.stdio.identity import RememberedAgent
from agentchatbus_mcp.stdio.lines import Json, LineReader, decoded
from agentchatbus_mcp.stdio.patience import Patience
from agentchatbus_mcp.stdio.repeating import Repeating
from agentchatbus_mcp.stdio.starting import CannotStart, ServerStarter
from agentchatbus_mcp.stdio.upstream import SESSION_GONE, Lost, Unsendable, Upstream

RESTART_SECONDS = 5.0
"""How long somebody else has to bring the server back before the bridge does."""

TELL_SECONDS = 5.0
LAST_ANSWERS_SECONDS = 0.5
"""What was asked longer ago than this when the input ends is a wait, and is not waited for."""

CANCELLED = "notifications/cancelled"
INITIALIZED = "notifications/initialized"


class Bridge:
    """Connects one client with the server."""

    def __init__(self, upstream: Upstream, server: ServerStarter, write: Callable[[Json], None]) -> None:
        self._upstream = upstream
        self._server = server
        self._write = write
        self._handshake = Handshake(upstream, write)
        self._repeating = Repeating(upstream)
        self._agent = RememberedAgent()
        self._requests: dict[Any, tuple[asyncio.Task[None], float]] = {}
        self._chores: set[asyncio.Task[None]] = set()

    async def run(self, lines: LineReader) -> None:
        """Serve the client until its input ends."""
        self._do(self._find_server())
        async for line in lines:
            if not line.strip():
                continue
            try:
                message = decoded(line)
            except ValueError as error:
                self._write(error_response(None, PARSE_ERROR, f"Parse error: {error}"))
                continue
            for item in message if isinstance(message, list) and message else [message]:
                await self._take(item)
        await self._finish()

    async def _find_server(self) -> None:
        with suppress(CannotStart):  # the first request says why
            await self._server.ensure(patience=0)

    async def _take(self, message: Any) -> None:
        if problem := problem_of(message):
            identifier = message.get("id") if isinstance(message, dict) and "method" in message else None
            self._write(error_response(identifier if is_id(identifier) else None, INVALID_REQUEST, problem))
        elif is_request(message):
            self._begin(message)
        elif message.get("method") == CANCELLED:
            self._cancel(params_of(message).get("requestId"))
            self._do(self._tell(message))
        else:
            await self._tell(message)
            if message.get("method") == INITIALIZED:
                self._handshake.listen()

    def _begin(self, request: Json) -> None:
        identifier = request["id"]
        task = asyncio.create_task(self._answer(request))
        self._requests[identifier] = task, asyncio.get_running_loop().time()

        def forget(_: asyncio.Task[None]) -> None:
            if self._requests.get(identifier, (None,))[0] is task:
                del self._requests[identifier]

        task.add_done_callback(forget)

    def _cancel(self, identifier: Any) -> None:
        if isinstance(identifier, str | int) and identifier in self._requests:
            self._requests[identifier][0].cancel()

    def _do(self, chore: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _tell(self, message: Json) -> None:
        """Pass on a notification, or the client's answer to a question of the server."""
        if headers := self._handshake.headers:
            with suppress(Lost, Unsendable, TimeoutError):
                async with asyncio.timeout(TELL_SECONDS), self._upstream.post(message, headers):
                    pass

    async def _answer(self, request: Json) -> None:
        try:
            await self._try(request)
        except (Lost, CannotStart) as error:
            self._write(error_response(request["id"], INTERNAL_ERROR, str(error)))
        except Unsendable as error:
            self._write(error_response(request["id"], INVALID_REQUEST, str(error)))
        except Exception as error:
            traceback.print_exc()
            self._write(error_response(request["id"], INTERNAL_ERROR, f"The bridge failed: {error!r}"))

    async def _try(self, request: Json) -> None:
        """Send a request until it is answered, as often as that does no harm."""
        loop = asyncio.get_running_loop()
        exchange = Exchange(self._write, request)
        prepared, is_repeatable = None, True
        patience = Patience()
        while True:
            begun = loop.time()
            try:
                if prepared is None:
                    prepared, is_repeatable = await self._repeating.prepared(request)
                await self._send(prepared, exchange)
                return
            except Lost as lost:
                if lost.may_be_done and not is_repeatable:
                    raise Lost(f"{lost} It is not known whether this was done.", may_be_done=True) from None
                patience.bear(lost, begun=begun, now=loop.time())
            self._repeating.forget()
            was_running = await self._server.ensure(patience=RESTART_SECONDS)
            await asyncio.sleep(patience.go_on(was_running=was_running))

    async def _send(self, request: Json, exchange: Exchange) -> None:
        """Send a request once and pass on what comes back."""
        is_modern = modern_version(request) is not None
        session = {} if is_modern or request["method"] == "initialize" else self._handshake.headers
        headers = {**session, **(routing_headers(request) if is_modern else {}), **self._agent.headers(request)}
        async with self._upstream.post(request, headers) as reply:
            if not (session and reply.status == SESSION_GONE):
                response = await exchange.receive(reply)
                if request["method"] == "initialize":
                    self._handshake.begun(request, reply, response)
                self._handshake.note(request)
                self._agent.learn(request, response)
                return
        await self._handshake.renew(session)
        raise Lost("The server does not know the session any more.", may_be_done=False)

    async def _finish(self) -> None:
        """Let what was asked just now be answered, and end the rest."""
        now = asyncio.get_running_loop().time()
        recent = [task for task, at in self._requests.values() if now - at < LAST_ANSWERS_SECONDS]
        if recent:
            await asyncio.wait(recent, timeout=LAST_ANSWERS_SECONDS)
        tasks = [task for task, _ in self._requests.values()] + list(self._chores)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ANSWERS_SECONDS):
                await self._handshake.close()
