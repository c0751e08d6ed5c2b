"""The coordinator at work: is told of events, and looks when something is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentchatbus.plugin_api import Bus, BusError, Event
from agentchatbus_coordinator.agenda import Agenda
from agentchatbus_coordinator.deadlocks import CHECK, Deadlocks
from agentchatbus_coordinator.prompting import Prompting
from agentchatbus_coordinator.settings import CoordinatorSettings
from agentchatbus_coordinator.waits import Waits

RETRY_SECONDS = 10.0
"""When to look again after the bus could not be asked."""

logger = logging.getLogger(__name__)


class Coordinator:
    """Watches one bus."""

    def __init__(self, bus: Bus, settings: CoordinatorSettings) -> None:
        self._agenda = Agenda(bus.clock)
        self._waits = Waits(settings.grace)
        self._prompting = Prompting(bus, settings, self._waits, self._agenda)
        self._deadlocks = Deadlocks(bus, settings, self._waits, self._agenda) if settings.deadlocks else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch for as long as the context lasts."""
        if self._deadlocks is not None:
            await self._deadlocks.load()
        task = asyncio.create_task(self._run(), name="coordinator")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def note(self, event: Event) -> None:
        """Be told of an event; what follows from it happens elsewhere, so this takes no time."""
        if event.type == "wait.started":
            self._waits.started(event)
        elif event.type == "wait.ended":
            self._waits.ended(event)
        self._prompting.note(event)
        if self._deadlocks is not None:
            self._deadlocks.note(event)

    async def _run(self) -> None:
        while True:
            key = await self._agenda.next()
            try:
                await self._look(key)
            except BusError as error:
                logger.warning("The coordinator could not look at %s: %s", key, error.message)
                self._agenda.no_later(key, RETRY_SECONDS)
            except Exception:  # one thread must not silence the coordinator in all others
                logger.exception("The coordinator failed to look at %s", key)

    async def _look(self, key: str) -> None:
        if key == CHECK and self._deadlocks is not None:
            await self._deadlocks.check()
        else:
            await self._prompting.look(key)
