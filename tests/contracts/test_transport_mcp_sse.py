"""The transport contract on MCP over the older pair of event stream and messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.plugin_api import AsgiApp
from agentchatbus.testing import AgentHandle
from agentchatbus.testing.contracts.transport import HttpAnswer, HttpRequest, TransportContract, send
from agentchatbus_mcp import McpSsePlugin
from agentchatbus_mcp.settings import McpSettings
from tests.contracts.test_transport_mcp import META, is_refused

STREAMS = ("/mcp/sse", "/sse")


class Stream:
    """A client's event stream; `ended` is set when the application has closed it."""

    def __init__(self, app: AsgiApp, path: str) -> None:
        self.answer = HttpAnswer()
        self._app = app
        self._scope = HttpRequest(path=path, method="GET", headers={"accept": "text/event-stream"}).scope()
        self._is_begun = False
        self._is_gone = asyncio.Event()
        self._is_changed = asyncio.Event()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Hold the stream open."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self.hang_up()
            await task

    def hang_up(self) -> None:
        """Go away."""
        self._is_gone.set()
        self._is_changed.set()

    async def event(self, kind: str, number: int = 0) -> str | None:
        """Wait for an event of a kind and return its data; None when the stream ends before."""
        while True:
            self._is_changed.clear()
            found = [data for name, data in self._events() if name == kind]
            if len(found) > number:
                return found[number]
            if self._is_gone.is_set() or self.answer.status >= 400:
                return None
            await self._is_changed.wait()

    def _events(self) -> list[tuple[str, str]]:
        blocks = self.answer.text.replace("\r\n", "\n").split("\n\n")[:-1]
        fields = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in blocks]
        return [(field.get("event", ""), field.get("data", "")) for field in fields]

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._take)
        finally:
            self.hang_up()

    async def _receive(self) -> MutableMapping[str, Any]:
        if not self._is_begun:
            self._is_begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._is_gone.wait()
        return {"type": "http.disconnect"}

    async def _take(self, message: MutableMapping[str, Any]) -> None:
        self.answer.take(message)
        self._is_changed.set()


@pytest.mark.parametrize("stream_path", STREAMS)
class TestMcpSse(TransportContract):
    stream_path = STREAMS[0]

    @pytest.fixture(autouse=True)
    def _choose(self, stream_path: str) -> None:
        self.stream_path = stream_path

    def make_plugin(self) -> McpSsePlugin:
        return McpSsePlugin(McpSettings())

    def request(self, operation: str, arguments: Mapping[str, Any], agent: AgentHandle | None) -> HttpRequest:
        proof = {"agent_id": agent.agent_id, "token": agent.token} if agent else {}
        params = {"name": operation, "arguments": dict(arguments) | proof, "_meta": META}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        return HttpRequest(path=self.stream_path, body=body.encode())

    def is_refusal(self, answer: HttpAnswer) -> bool:
        return is_refused(answer)

    async def exchange(self, app: AsgiApp, request: HttpRequest, hang_up: asyncio.Event | None = None) -> HttpAnswer:
        stream = Stream(app, request.path)
        async with stream.opened(), _leaving(stream, hang_up):
            messages_path = await stream.event("endpoint")
            if messages_path is None:
                return stream.answer
            taken = await send(app, replace(request, path=messages_path))
            if taken.status >= 400:
                return taken
            message = await stream.event("message")
            return HttpAnswer(status=stream.answer.status, body=(message or "{}").encode())


@asynccontextmanager
async def _leaving(stream: Stream, hang_up: asyncio.Event | None) -> AsyncIterator[None]:
    """Let the client go away when the test says so."""

    async def leave(signal: asyncio.Event) -> None:
        await signal.wait()
        stream.hang_up()

    task = asyncio.create_task(leave(hang_up or asyncio.Event()))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
