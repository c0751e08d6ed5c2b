"""How many event streams may be open at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from agentchatbus.testing import MakeBus
from tests.plugins.mcp_site import serving


async def is_open(http: httpx.AsyncClient, stack: AsyncExitStack, path: str) -> bool:
    """Open an event stream that lasts as long as the stack; return whether there was room."""
    response = await stack.enter_async_context(http.stream("GET", path))
    if response.status_code == 503:
        assert int(response.headers["retry-after"]) > 0
        assert "Too many open sessions" in (await response.aread()).decode()
        return False
    assert response.status_code == 200
    return True


@pytest.mark.parametrize("second", ["/mcp/sse", "/sse"])
async def test_more_event_streams_than_max_sessions_are_refused_until_one_ends(make_bus: MakeBus, second: str) -> None:
    async with (
        serving(make_bus, max_sessions=2) as site,
        httpx.AsyncClient(base_url=site.url, timeout=30) as http,
        AsyncExitStack() as others,
    ):
        async with AsyncExitStack() as first:
            assert await is_open(http, first, "/mcp/sse")
            assert await is_open(http, others, second)
            assert not await is_open(http, others, second)
            assert not await is_open(http, others, "/mcp/sse")
        async with asyncio.timeout(30):
            while not await is_open(http, others, second):
                pass  # the server learns a moment later that the first one has gone
        assert not await is_open(http, others, second)
