"""Everything that is measured on one bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from agentchatbus.plugin_api import Bus, isoformat
from agentchatbus_metrics.hooktimes import HookTimes
from agentchatbus_metrics.page import Page
from agentchatbus_metrics.snapshot import Snapshots
from agentchatbus_metrics.stops import Stops
from agentchatbus_metrics.watching import Watch

SCHEMA_VERSION = 1
"""Of the JSON, not of the database."""


class Meter:
    """Watches one bus and says what it saw."""

    def __init__(self, bus: Bus, *, with_hooks: bool) -> None:
        self._bus = bus
        self._times = HookTimes()
        self._page = Page(self._times)
        self._watch = Watch(bus, on_wake=self._page.woke)
        self._stops = Stops(bus)
        self._snapshots = Snapshots(bus, self._watch)
        self._started_at = bus.clock.now()
        self._begun = bus.clock.monotonic()
        if with_hooks:
            bus.watch_hooks(self._times.note)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch for as long as the context lasts."""
        async with self._watch.running(), self._stops.running():
            yield

    async def caught_up(self) -> None:
        """Wait until everything is counted that has happened so far."""
        await self._watch.caught_up()
        await self._stops.caught_up()

    async def numbers(self) -> Mapping[str, Any]:
        """Return the numbers as JSON."""
        now, watch = self._bus.clock.now(), self._watch
        snapshot = await self._snapshots.take()
        return {
            **self._bus.health(),
            "uptime_seconds": round(self._uptime, 3),
            "started_at": isoformat(self._started_at),
            "threads": {"total": sum(snapshot.threads.values()), "by_status": snapshot.threads},
            "messages": {
                "total": watch.messages,
                "rate": {f"last_{minutes}m": watch.rate.within(now, minutes) for minutes in (1, 5, 15)},
                "avg_latency_ms": snapshot.gap_ms,
                "stop_reasons": self._stops.counts(),
            },
            "agents": {
                "total": sum(snapshot.agents.values()),
                "online": snapshot.online,
                "by_state": snapshot.agents,
            },
            "waits": len(self._bus.waiting.states()),
            "queues": self._bus.depths(),
            "schema_version": SCHEMA_VERSION,
        }

    async def page(self) -> bytes:
        """Return the numbers as Prometheus reads them."""
        gauges = {"waits": len(self._bus.waiting.states()), "uptime_seconds": self._uptime}
        return self._page.write(self._watch, await self._snapshots.take(), gauges, self._bus.depths())

    @property
    def _uptime(self) -> float:
        return self._bus.clock.monotonic() - self._begun
