"""Keeping what is derived from the event log, over restarts.

A plugin that counts or refers to what is stored must miss nothing and count nothing twice. So it holds a cursor on the
log, in the same transaction as what it derives. Where the log does not reach back to the cursor it starts over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from agentchatbus.errors import BusError, Unavailable
from agentchatbus.events import Event
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.storage import Transaction

logger = logging.getLogger(__name__)

KEY = "cursor"
BATCH = 200
KEEP_EVERY = 1000
"""Events after which the cursor is stored although none of them concerned the plugin."""

RETRY_SECONDS = 1.0

T = TypeVar("T")


class Follower(Generic[T]):
    """Applies every event of some types exactly once, in order, in units of work of the storage.

    Attributes:
        cursor: The id of the last event that was applied or passed over.
    """

    def __init__(
        self,
        bus: Bus,
        namespace: str,
        *,
        concerns: Callable[[Event], bool],
        apply: Callable[[Transaction, Sequence[Event]], T],
        rebuild: Callable[[], Awaitable[int]],
        applied: Callable[[T], None] = lambda _: None,
    ) -> None:
        """Describe what is derived.

        Args:
            bus: Whose log is followed.
            namespace: Where the cursor is kept among the documents.
            concerns: Says which events are applied.
            apply: Stores what follows from some events, in a unit of work that stores the cursor too.
            rebuild: Derives everything anew from what is stored and returns the id of the newest event that it took
                into account; called when there is no cursor yet, or one that the log does not reach back to.
            applied: Told what `apply` returned, once that is stored.
        """
        self.cursor = 0
        self._bus = bus
        self._namespace = namespace
        self._concerns = concerns
        self._apply = apply
        self._rebuild = rebuild
        self._applied = applied
        self._stored = 0
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the log for as long as the context lasts."""
        task = asyncio.create_task(self._run(), name=f"follower of {self._namespace}")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._end()

    async def caught_up(self) -> None:
        """Wait until everything is applied that has happened so far."""
        target = self._bus.feed.newest
        while self.cursor < target:
            self._moved.clear()
            await self._moved.wait()

    def forget(self, tx: Transaction) -> None:
        """Forget the cursor, so that everything is derived anew at the next start."""
        tx.documents.delete(self._namespace, KEY)

    async def _end(self) -> None:
        """Store how far it came; where that fails, the next start applies again what concerned nobody."""
        if self.cursor == self._stored:
            return
        try:
            await self._bus.storage.write(self._keep)
        except Unavailable as error:
            logger.warning("%s cannot store how far it came: %s", self._namespace, error.message)

    async def _run(self) -> None:
        is_begun = False
        while not self._bus.feed.closed:
            try:
                if not is_begun:
                    await self._begin()
                    is_begun = True
                if not await self._step():
                    await self._bus.feed.wait(self.cursor)
            except BusError as error:
                logger.warning("%s cannot follow the log for now: %s", self._namespace, error.message)
                await self._bus.clock.wait_for(asyncio.Event(), RETRY_SECONDS, background=True)

    async def _begin(self) -> None:
        found = await self._bus.storage.read(lambda tx: tx.documents.get(self._namespace, KEY))
        if found is None:
            await self._start_over()
        else:
            self.cursor = self._stored = int(found["event"])

    async def _step(self) -> bool:
        """Apply what is next; return whether there was anything."""
        events = await self._bus.feed.read(self.cursor, BATCH)
        if events is None:
            await self._start_over()
            return True
        if not events:
            return False
        newest = events[-1].id
        if concerned := [event for event in events if self._concerns(event)]:
            await self._store(concerned, newest)
        else:
            self._move(newest)
            if newest - self._stored >= KEEP_EVERY:
                await self._bus.storage.write(self._keep)
        return True

    async def _store(self, events: Sequence[Event], newest: int) -> None:
        def work(tx: Transaction) -> T:
            tx.documents.put(self._namespace, KEY, {"event": newest})
            return self._apply(tx, events)

        outcome = await self._bus.storage.write(work)
        self._stored = newest
        self._applied(outcome)
        self._move(newest)

    async def _start_over(self) -> None:
        newest = await self._rebuild()
        await self._bus.storage.write(lambda tx: tx.documents.put(self._namespace, KEY, {"event": newest}))
        self._stored = newest
        self._move(newest)

    def _keep(self, tx: Transaction) -> None:
        """Store the cursor, unless a unit of work that nobody waits for any more has stored a later one."""
        found = tx.documents.get(self._namespace, KEY)
        if found is None or int(found["event"]) < self.cursor:
            tx.documents.put(self._namespace, KEY, {"event": self.cursor})
        self._stored = self.cursor

    def _move(self, cursor: int) -> None:
        self.cursor = cursor
        self._moved.set()
