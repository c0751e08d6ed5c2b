"""Wake-ups for waiters and the feed for streams.

A wake-up is a hint to read the store again: nothing is lost by losing one, and nobody is polled while nothing happens.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agentchatbus.clock import Clock
from agentchatbus.events import Event
from agentchatbus.ports.storage import Storage

RING_SIZE = 4096
"""Events kept in memory; a reader further behind is served from the storage."""

MAX_LAG = 10_000
"""A reader that is more events behind than this has to start over."""


class Fanout:
    """Turns commits into wake-ups; implements `EventFeed` for readers with a cursor."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._readers: set[asyncio.Event] = set()
        self._ring: deque[Event] = deque(maxlen=RING_SIZE)
        self._newest = 0
        self.closed = False

    async def start(self) -> None:
        """Take the log's bounds as the starting point and listen for commits."""
        _, self._newest = await self._storage.read(lambda tx: tx.events.bounds())
        self._storage.on_commit(self.committed)

    def committed(self, events: Sequence[Event]) -> None:
        """Wake whoever waits for one of these events; called once per commit, in order."""
        if not events:
            return
        self._ring.extend(events)
        self._newest = events[-1].id
        for thread_id in {event.thread_id for event in events if event.thread_id in self._waiters}:
            self.wake(thread_id)
        for reader in self._readers:
            reader.set()

    @contextmanager
    def watch(self, thread_id: str) -> Iterator[asyncio.Event]:
        """Return a signal that is set whenever something happens in the thread, until the context ends."""
        signal = asyncio.Event()
        self._waiters[thread_id].add(signal)
        if self.closed:
            signal.set()
        try:
            yield signal
        finally:
            self._waiters[thread_id].discard(signal)
            if not self._waiters[thread_id]:
                del self._waiters[thread_id]

    def wake(self, thread_id: str | None) -> None:
        """Set the signal of every watcher of the thread."""
        for signal in self._waiters.get(thread_id or "", ()):
            signal.set()

    def close(self) -> None:
        """Wake everybody for the last time: the bus stops."""
        self.closed = True
        for thread_id in list(self._waiters):
            self.wake(thread_id)
        for reader in self._readers:
            reader.set()

    @property
    def newest(self) -> int:
        return self._newest

    async def read(self, after: int, limit: int = 100) -> Sequence[Event] | None:
        if after > self._newest:
            return None  # the cursor is of another log, say of one from before a backup was restored
        if after == self._newest:
            return ()
        if self._ring and self._ring[0].id <= after + 1:
            return self._from_ring(after, limit)
        if self._newest - after > MAX_LAG:
            return None
        return await self._storage.read(
            lambda tx: None if after < tx.events.bounds()[0] - 1 else tx.events.after(after, limit)
        )

    def _from_ring(self, after: int, limit: int) -> Sequence[Event]:
        start = max(0, after + 1 - self._ring[0].id)
        while start and self._ring[start - 1].id > after:  # ids may skip, so the guess by distance can be too far
            start -= 1
        return [self._ring[index] for index in range(start, min(start + limit, len(self._ring)))]

    async def wait(self, after: int, timeout: float | None = None) -> bool:
        signal = asyncio.Event()
        self._readers.add(signal)
        try:
            if after >= self._newest and not self.closed:
                await self._clock.wait_for(signal, timeout)
        finally:
            self._readers.discard(signal)
        return after < self._newest and not self.closed
