"""What happens on the bus, added up in memory as it happens."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from agentchatbus.plugin_api import Bus, BusError, Event, MessageQuery, Thread, ThreadQuery, Transaction
from agentchatbus_metrics.rates import WINDOW, Rate

logger = logging.getLogger(__name__)

BATCH = 200
PAGE = 500
MAX_THREADS = 10_000
"""Threads of which it is remembered when somebody spoke there last."""

MAX_PRIMED = 50_000
"""Messages that are looked at when the bus starts, to know how many there were lately."""

RETRY_SECONDS = 1.0


class Watch:
    """Follows the events of one bus.

    Attributes:
        messages: How many messages are stored.
        posted: How many were posted since the bus started.
        events: How many events there were since then, by type.
        rate: When messages were posted lately.
        is_changed: Whether the list of threads has changed since somebody reset this.
    """

    def __init__(self, bus: Bus, *, on_wake: Callable[[float], None]) -> None:
        self.messages = 0
        self.posted = 0
        self.events: Counter[str] = Counter()
        self.rate = Rate()
        self.is_changed = True
        self._bus = bus
        self._on_wake = on_wake
        self._spoken: OrderedDict[str, datetime] = OrderedDict()
        self._cursor = 0
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow for as long as the context lasts."""
        task = asyncio.create_task(self._run(), name="metrics")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def caught_up(self) -> None:
        """Wait until everything is counted that has happened so far."""
        target = self._bus.feed.newest
        while self._cursor < target:
            self._moved.clear()
            await self._moved.wait()

    async def _run(self) -> None:
        is_begun = False
        while not self._bus.feed.closed:
            try:
                if not is_begun:
                    await self._take_stock()
                    is_begun = True
                events = await self._bus.feed.read(self._cursor, BATCH)
            except BusError as error:
                logger.warning("Metrics fall behind: %s", error.message)
                await self._bus.clock.wait_for(asyncio.Event(), RETRY_SECONDS, background=True)
                continue
            if events is None:
                is_begun = False
            elif events:
                self._count(events)
            else:
                await self._bus.feed.wait(self._cursor)

    async def _take_stock(self) -> None:
        """Count what is stored; once, so that nobody who asks for numbers has to."""

        def work(tx: Transaction) -> tuple[int, int, list[datetime]]:
            total = sum(thread.message_count for thread in all_threads(tx))
            return tx.events.bounds()[1], total, _recent(tx, self._bus.clock.now() - WINDOW)

        newest, self.messages, moments = await self._bus.storage.read(work)
        self.rate = Rate()
        for moment in sorted(moments):
            self.rate.add(moment)
        self.is_changed = True
        self._move(newest)

    def _count(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events[event.type] += 1
            if event.type.startswith("thread."):
                self.is_changed = True
            match event.type:
                case "msg.new":
                    self._spoke(event)
                case "wait.ended":
                    self._woke(event)
                case "thread.deleted":
                    self.messages -= event.payload["message_count"]
        self._move(events[-1].id)

    def _spoke(self, event: Event) -> None:
        self.messages += 1
        self.posted += 1
        self.rate.add(event.created_at)
        thread_id = event.payload["thread_id"]
        self._spoken[thread_id] = event.created_at
        self._spoken.move_to_end(thread_id)
        if len(self._spoken) > MAX_THREADS:
            self._spoken.popitem(last=False)

    def _woke(self, event: Event) -> None:
        """Measure from when a post arrived to when the agent that it woke has its answer stored."""
        spoken = self._spoken.get(event.payload["thread_id"])
        if event.payload["reason"] == "messages" and spoken is not None:
            self._on_wake(max(0.0, (event.created_at - spoken).total_seconds()))

    def _move(self, cursor: int) -> None:
        self._cursor = cursor
        self._moved.set()


def all_threads(tx: Transaction) -> Iterator[Thread]:
    """Yield every thread, the one in which somebody spoke last first, and never hold more than a page of them."""
    before: tuple[datetime, str] | None = None
    while page := tx.threads.page(ThreadQuery(include_archived=True, by_activity=True, limit=PAGE, before=before)):
        yield from page
        before = (page[-1].active_at, page[-1].id)


def _recent(tx: Transaction, since: datetime) -> list[datetime]:
    """Return when messages were posted after a moment."""
    found: list[datetime] = []
    for thread in all_threads(tx):
        if thread.active_at <= since or len(found) >= MAX_PRIMED:
            break
        before = thread.last_seq + 1
        while before > 1:
            query = MessageQuery(thread_id=thread.id, before_seq=before, limit=PAGE, newest=True)
            page = tx.messages.page(query)
            found += [message.created_at for message in page if message.created_at > since]
            if not page or page[0].created_at <= since:
                break
            before = page[0].seq
    return found
