"""Fixtures for pytest; write ``pytest_plugins = ["agentchatbus.testing.fixtures"]`` into your ``conftest.py``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio

from agentchatbus import testing
from agentchatbus.clock import Clock
from agentchatbus.plugin import Plugin
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import StorageOffer
from agentchatbus.testing import BusHarness, MakeBus, ManualClock


@pytest_asyncio.fixture
async def make_bus() -> AsyncIterator[MakeBus]:
    """Compose buses that are closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            plugins: Sequence[Plugin[Any]] = (),
            settings: BusSettings | None = None,
            clock: Clock | None = None,
            storage: StorageOffer | None = None,
        ) -> BusHarness:
            context = testing.make_bus(plugins=plugins, settings=settings, clock=clock, storage=storage)
            return await stack.enter_async_context(context)

        yield make


@pytest_asyncio.fixture
async def clock() -> ManualClock:
    """Return a clock that only the test moves."""
    return ManualClock()
