"""Events that nobody waits for: they are written soon, and their loss would only be late news."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agentchatbus.clock import Clock
from agentchatbus.errors import BusError
from agentchatbus.events import EventBody
from agentchatbus.ports.storage import Storage, Transaction

logger = logging.getLogger(__name__)


class Announcer:
    """Stores events in the order in which it is told of them, without making anybody wait."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, body: EventBody) -> None:
        """Store the event soon."""
        self.tell_of(lambda _: body)

    def tell_of(self, find: Callable[[Transaction], EventBody | None]) -> None:
        """Store the event soon that `find` makes of what is stored then, if it makes one."""
        task = asyncio.create_task(self._store(find))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until all events are stored."""
        await asyncio.gather(*self._tasks)

    async def _store(self, find: Callable[[Transaction], EventBody | None]) -> None:
        now = self._clock.now()

        def work(tx: Transaction) -> None:
            if body := find(tx):
                tx.events.append(body, now)

        try:
            await self._storage.write(work)
        except BusError as error:
            logger.warning("An event could not be stored: %s", error.message)
