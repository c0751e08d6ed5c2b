"""Which threads are due, and when to look again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from agentchatbus.plugin_api import (
    Bus,
    BusError,
    Event,
    Thread,
    ThreadQuery,
    ThreadStatus,
    Transaction,
    isoformat,
)

NAMESPACE = "timeout"
PAGE = 100
"""How many threads are read and closed at once."""

OLDEST = ThreadQuery(status=ThreadStatus.DISCUSS, by_activity=True, oldest_first=True, limit=PAGE)
OPENING = frozenset({"thread.new", "thread.state"})
ENDING = frozenset({"thread.closed", "thread.deleted", "thread.state", "thread.timeout"})

logger = logging.getLogger(__name__)


class Closing:
    """Closes the threads of one bus in which nobody spoke for too long.

    What the bus itself says is no activity: it leaves a thread's place by activity as it is. A thread that somebody
    brings back to discussion has the whole time once more, also over a restart.
    """

    def __init__(self, bus: Bus, limit: timedelta, sweep_seconds: float) -> None:
        self._bus = bus
        self._limit = limit
        self._sweep_seconds = sweep_seconds
        self._reopened: dict[str, datetime] = {}
        self._is_opened = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch for as long as the context lasts."""
        documents = await self._bus.storage.read(lambda tx: tx.documents.all(NAMESPACE))
        self._reopened = {key: datetime.fromisoformat(document["at"]) for key, document in documents.items()}
        task = asyncio.create_task(self._run(self._in_a_sweep()), name="thread timeout")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def note(self, event: Event) -> None:
        """Take note of threads that come to discussion, or leave it."""
        if event.type in OPENING:
            self._is_opened.set()
        if event.type == "thread.state" and event.payload["state"] == ThreadStatus.DISCUSS:
            await self._remember(event.payload["thread_id"], event.created_at)
        elif event.type in ENDING:
            await self._forget(event.payload["thread_id"])

    async def _run(self, first_look: float) -> None:
        look_at: float | None = first_look
        while True:
            if look_at is None:
                await self._is_opened.wait()
            else:
                seconds = look_at - self._bus.clock.monotonic()
                await self._bus.clock.wait_for(asyncio.Event(), seconds, background=True)
            try:
                look_at = await self._close_due()
            except BusError as error:
                logger.warning("Silent threads could not be closed: %s", error.message)
                look_at = self._in_a_sweep()

    def _in_a_sweep(self) -> float:
        return self._bus.clock.monotonic() + self._sweep_seconds

    async def _close_due(self) -> float | None:
        """Close every thread that is due; return when to look again by the clock, None when none is left."""
        self._is_opened.clear()
        now, monotonic = self._bus.clock.now(), self._bus.clock.monotonic()
        next_due: datetime | None = None
        query: ThreadQuery | None = OLDEST
        while query is not None:
            page = await self._bus.storage.read(partial(_page, query=query))
            dues = {thread.id: self._due(thread) for thread in page}
            closed = await asyncio.gather(*(self._close(thread) for thread in page if dues[thread.id] <= now))
            left = [due for due in dues.values() if due > now]
            next_due = min([*left, *([next_due] if next_due else []), *([] if all(closed) else [now])], default=None)
            query = _after(page, now - self._limit)
        if next_due is None:
            return None
        return monotonic + max((next_due - now).total_seconds(), self._sweep_seconds)

    def _due(self, thread: Thread) -> datetime:
        return max(thread.active_at, self._reopened.get(thread.id, thread.active_at)) + self._limit

    async def _close(self, thread: Thread) -> bool:
        """Close a thread; return False when something was said meanwhile, so that it has to be looked at again."""
        minutes = self._limit.total_seconds() / 60
        return await self._bus.lifecycle.time_out(thread.id, minutes, last_seq=thread.last_seq) is not None

    async def _remember(self, thread_id: str, at: datetime) -> None:
        self._reopened[thread_id] = at
        document = {"at": isoformat(at)}
        await self._bus.storage.write(lambda tx: tx.documents.put(NAMESPACE, thread_id, document))

    async def _forget(self, thread_id: str) -> None:
        if self._reopened.pop(thread_id, None) is not None:
            await self._bus.storage.write(lambda tx: tx.documents.delete(NAMESPACE, thread_id))


def _page(tx: Transaction, query: ThreadQuery) -> Sequence[Thread]:
    return tx.threads.page(query)


def _after(page: Sequence[Thread], moment: datetime) -> ThreadQuery | None:
    """Return the query for what follows a page, None when all of that was active after a moment."""
    if len(page) < PAGE or page[-1].active_at > moment:
        return None
    last = page[-1]
    return ThreadQuery(
        status=OLDEST.status,
        by_activity=True,
        oldest_first=True,
        limit=PAGE,
        before=(last.active_at, last.id),
    )
