"""The SDK is loaded beside the start of the server, and only by those who need it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agentchatbus_mcp.loading import LateApp

SCOPE: dict[str, Any] = {"type": "http", "method": "GET", "path": "/mcp", "headers": []}


class Application:
    """Answers with 204 and knows whether it was held open."""

    def __init__(self) -> None:
        self.is_open = False
        self.is_stopped = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.is_open = True
        yield
        self.is_open = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.is_open
        await send({"type": "http.response.start", "status": 204, "headers": []})

    def stop(self) -> None:
        self.is_stopped = True


async def status_of(app: LateApp) -> int:
    """Ask once and return the status of the answer."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    await app(SCOPE, receive, send)
    status: int = sent[0]["status"]
    return status


async def test_the_first_request_waits_until_everything_is_loaded() -> None:
    may_load, inner = threading.Event(), Application()

    def load() -> Application:
        may_load.wait(5)
        return inner

    app = LateApp(load)
    async with app.lifespan():
        asking = asyncio.create_task(status_of(app))
        await asyncio.sleep(0)
        assert not asking.done()
        may_load.set()
        assert await asking == 204
        app.stop()
        assert inner.is_stopped
    assert not inner.is_open


async def test_a_stop_while_it_is_loaded_answers_those_who_wait() -> None:
    may_load, inner = threading.Event(), Application()

    def load() -> Application:
        may_load.wait(5)
        return inner

    app = LateApp(load)
    async with app.lifespan():
        asking = [asyncio.create_task(status_of(app)) for _ in range(3)]
        await asyncio.sleep(0)
        app.stop()
        assert await asyncio.gather(*asking) == [503, 503, 503]
        may_load.set()
        assert await status_of(app) == 503
    assert not inner.is_open


async def test_a_failure_to_load_is_logged_and_refuses_requests(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> Application:
        raise ImportError("no SDK here")

    app = LateApp(load)
    async with app.lifespan():
        assert await status_of(app) == 503
    assert "MCP could not be started" in caplog.text


@pytest.mark.parametrize(
    "module", ["agentchatbus_mcp", "agentchatbus_mcp.stdio.bridge", "agentchatbus_mcp.stdio.command"]
)
def test_the_sdk_is_not_imported_by_those_who_do_not_need_it(module: str) -> None:
    code = f"import sys, {module}; print([name for name in sys.modules if name.split('.')[0] in ('mcp', 'mcp_types')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
