"""Telling a client that waits that it still waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentchatbus.clock import Clock
from agentchatbus.ports.client import Client
from agentchatbus.ports.settings import BusSettings

REPORT_SECONDS = 15.0
"""Between two reports; less than what a client with a time-out of its own would wait in silence."""


def wait_seconds(settings: BusSettings, timeout_ms: int | None) -> float:
    """Return how long a wait that asks for this time blocks at most."""
    if timeout_ms is None:
        return settings.wait_timeout_seconds
    return max(timeout_ms, settings.wait_min_timeout_ms, 0) / 1000


@asynccontextmanager
async def reported(client: Client, clock: Clock, seconds: float) -> AsyncIterator[None]:
    """Report for as long as the context lasts how much of its time has passed, to a client that wants to know."""
    if not client.wants_progress:
        yield
        return
    task = asyncio.create_task(_report(client, clock, seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _report(client: Client, clock: Clock, seconds: float) -> None:
    begun = clock.monotonic()
    while True:
        await clock.wait_for(asyncio.Event(), REPORT_SECONDS, background=True)
        waited = clock.monotonic() - begun
        await client.progress(waited, seconds, f"Listening for {waited:.0f} of {seconds:.0f} seconds.")
