"""Fixtures: a real bus in memory, a clock that tests move, and a receiver of webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from webhook_receiver import Receiver

pytest_plugins = ["agentchatbus.testing.fixtures"]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Receive webhooks on any free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?key=in-the-query"
    yield receiver
    server.close()
