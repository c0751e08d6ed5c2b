"""Wake-ups for waiters and the feed for streams.

A wake-up is a hint to read the store again: nothing is lost by losing one, and nobody is polled while nothing happens.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from agentchatbus.clock import Clock
from agentchatbus.events import Event, ThreadDeleted
from agentchatbus.ports.storage import Storage

RING_SIZE = 4096
RING_WEIGHT = 16 * 1024 * 1024
"""Events kept in memory, by number and by characters; a reader further behind is served from the storage."""

MAX_LAG = 10_000
"""A reader that is more events behind than this has to start over."""


OBJECTS = (dict, MappingProxyType)
CONTAINERS = (*OBJECTS, list, tuple)
"""How JSON values lie in memory, fresh or frozen."""

WAKING = frozenset({"msg.new"})
"""Types of the events that give waiters something to read."""


class Ring:
    """The newest events; old ones go when there are too many or when they hold too much text."""

    def __init__(self, size: int, weight: int) -> None:
        self._events: deque[Event] = deque()
        self._weights: deque[int] = deque()
        self._max_size = size
        self._max_weight = weight
        self.weight = 0

    def extend(self, events: Sequence[Event]) -> None:
        """Add events that follow those held."""
        for event in events:
            self._events.append(event)
            self._weights.append(weight_of(event.payload))
            self.weight += self._weights[-1]
        while self._events and (len(self._events) > self._max_size or self.weight > self._max_weight):
            self._events.popleft()
            self.weight -= self._weights.popleft()

    def drop(self, thread_id: str) -> None:
        """Remove the events of a thread."""
        kept = [event for event in self._events if event.thread_id != thread_id]
        self._events.clear()
        self._weights.clear()
        self.weight = 0
        self.extend(kept)

    def after(self, cursor: int, limit: int) -> Sequence[Event] | None:
        """Return the events with a higher id, or None when some of them are not held any more."""
        held = self._events
        if not held or held[0].id > cursor + 1:
            return None
        start = min(len(held), max(0, cursor + 1 - held[0].id))
        while start and held[start - 1].id > cursor:  # ids may skip, so the guess by distance can be too far
            start -= 1
        return [held[index] for index in range(start, min(start + limit, len(held)))]


def weight_of(value: Any) -> int:
    """Return about how many characters a JSON object or array holds; asked for every event, so it is quick."""
    weight = 8 * len(value)
    for item in value.values() if isinstance(value, OBJECTS) else value:
        if isinstance(item, str):
            weight += len(item)
        elif item and isinstance(item, CONTAINERS):
            weight += weight_of(item)
    return weight


class Fanout:
    """Turns commits into wake-ups; implements `EventFeed` for readers with a cursor."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._readers: set[asyncio.Event] = set()
        self._ring = Ring(RING_SIZE, RING_WEIGHT)
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
        for event in events:
            if event.type == ThreadDeleted.type:
                self._forget(event.payload["thread_id"])
        for thread_id in {event.thread_id for event in events if event.type in WAKING}:
            self.wake(thread_id)
        for reader in self._readers:
            reader.set()

    def _forget(self, thread_id: str) -> None:
        """Drop the events of a deleted thread, as the log did."""
        self._ring.drop(thread_id)

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
        if (held := self._ring.after(after, limit)) is not None:
            return held
        if self._newest - after > MAX_LAG:
            return None
        return await self._storage.read(
            lambda tx: None if after < tx.events.bounds()[0] - 1 else tx.events.after(after, limit)
        )

    async def wait(self, after: int, timeout: float | None = None) -> bool:
        signal = asyncio.Event()
        self._readers.add(signal)
        try:
            if after >= self._newest and not self.closed:
                await self._clock.wait_for(signal, timeout)
        finally:
            self._readers.discard(signal)
        return after < self._newest and not self.closed
