"""Telling plugins what happened, after the commit and outside every request.

Each plugin has a cursor on the event log and a task of its own, so a slow one delays nobody and nothing piles up for
it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agentchatbus.events import Event
from agentchatbus.hooks import Hooks
from agentchatbus.ports.bus import EventFeed

logger = logging.getLogger(__name__)

RETRY_AFTER = 1.0
"""Seconds until a feed that could not be read is asked again."""

FAREWELL = 0.4
"""Seconds that observers have for what is committed already when the bus stops, and then again to end."""


@dataclass(slots=True)
class _Observer:
    """How far one plugin has come in the log; `is_dropped` while it is told nothing."""

    plugin: str
    cursor: int
    is_dropped: bool = False


class Observers:
    """Delivers the events of one bus to every plugin that implements ``on_event``."""

    def __init__(self, hooks: Hooks, feed: EventFeed) -> None:
        self._hooks = hooks
        self._feed = feed
        self._observers: list[_Observer] = []
        self._moved = asyncio.Event()
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Deliver every event newer than those of now; when the context ends, what is committed by then."""
        self._observers = [_Observer(plugin, self._feed.newest) for plugin in self._hooks.observers()]
        tasks = {asyncio.create_task(self._follow(item), name=f"observer {item.plugin}") for item in self._observers}
        try:
            yield
        finally:
            await self._stop(tasks)

    def lags(self) -> Mapping[str, int]:
        """Return how many events each plugin has not been told of yet."""
        return {
            f"observer {item.plugin}": 0 if item.is_dropped else self._feed.newest - item.cursor
            for item in self._observers
        }

    async def drain(self, event_id: int | None = None) -> None:
        """Wait until every observer was told of an event and all before it, quarantined ones aside.

        Args:
            event_id: The event; None means the newest one there is.
        """
        target = self._feed.newest if event_id is None else event_id
        while any(item.cursor < target and not item.is_dropped for item in self._observers):
            self._moved.clear()
            await self._moved.wait()

    async def _stop(self, tasks: set[asyncio.Task[None]]) -> None:
        self._stopping.set()
        try:
            async with asyncio.timeout(FAREWELL):
                await self.drain()
        except TimeoutError:
            logger.warning("Observers were not told of everything before the bus stopped")
        finally:
            for task in tasks:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=FAREWELL)

    async def _follow(self, item: _Observer) -> None:
        while True:
            await self._deliver(item, await self._read(item))
            if item.is_dropped:
                await self._hooks.until_told(item.plugin)
                item.is_dropped = False
                item.cursor = self._feed.newest
            elif item.cursor >= self._feed.newest:
                if self._stopping.is_set():
                    return
                await self._news(item.cursor)

    async def _read(self, item: _Observer) -> Sequence[Event]:
        try:
            events = await self._feed.read(item.cursor)
        except Exception:
            logger.exception("Observer %s cannot read the events after %d", item.plugin, item.cursor)
            await asyncio.sleep(RETRY_AFTER)
            return ()
        if events is None:
            logger.warning("Observer %s missed the events %d to %d", item.plugin, item.cursor + 1, self._feed.newest)
            self._move(item, self._feed.newest)
            return ()
        return events

    async def _deliver(self, item: _Observer, events: Sequence[Event]) -> None:
        for event in events:
            item.is_dropped = not await self._hooks.on_event(item.plugin, event)
            self._move(item, event.id)
            if item.cursor < self._feed.newest:
                await asyncio.sleep(0)  # requests go first, however far behind a plugin is
            if item.is_dropped:
                logger.error("Observer %s is told nothing from event %d on", item.plugin, event.id)
                return

    def _move(self, item: _Observer, cursor: int) -> None:
        item.cursor = cursor
        self._moved.set()

    async def _news(self, cursor: int) -> None:
        """Wait for something to read; a closed feed does not wait, but may grow until the last request has ended."""
        if self._feed.closed:
            await self._stopping.wait()
        else:
            await self._feed.wait(cursor)
