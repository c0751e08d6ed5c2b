"""Wake-ups for waiters and the feed for streams.

A wake-up is a hint to read the store again: nothing is lost by losing one, and nobody is polled while nothing happens.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from agentchatbus.clock import Clock
from agentchatbus.events import Event, EventBody, ThreadDeleted
from agentchatbus.model import concerned_by
from agentchatbus.ports.storage import Storage

RING_SIZE = 4096
RING_WEIGHT = 16 * 1024 * 1024
"""Events kept in memory, by number and by characters; a reader further behind is served from the storage."""

NOTICES = 256
"""Unstored events that a stream can be behind with before it misses some."""

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


class Notices:
    """What is told and not stored: the last of it, counted from the start of the bus."""

    def __init__(self, size: int) -> None:
        self._held: deque[Event] = deque(maxlen=size)
        self.count = 0

    def add(self, event: Event) -> None:
        """Add one more."""
        self._held.append(event)
        self.count += 1

    def after(self, seen: int) -> Sequence[Event]:
        """Return those that came after the first `seen` ones, as far as they are held."""
        new = min(self.count - seen, len(self._held))
        return list(self._held)[len(self._held) - new :]


def _called(events: Sequence[Event]) -> Mapping[str | None, Collection[str] | None]:
    """Return the threads in which there is something new to read, each with the agents it calls; None is all."""
    called: dict[str | None, Collection[str] | None] = {}
    for event in events:
        if event.type in WAKING:
            agents, others = _wakes(event), called.get(event.thread_id, ())
            called[event.thread_id] = None if agents is None or others is None else {*others, *agents}
    return called


def _wakes(event: Event) -> Collection[str] | None:
    """Return the agents whom a message of the bus itself concerns: hundreds may wait in a thread full of cards."""
    return concerned_by(event.payload["role"], event.payload["message"]["metadata"])


class Fanout:
    """Turns commits into wake-ups; implements `EventFeed` for readers with a cursor."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._waiters: defaultdict[str, dict[asyncio.Event, str | None]] = defaultdict(dict)
        self._news = asyncio.Event()
        self._is_waking = False
        self._ring = Ring(RING_SIZE, RING_WEIGHT)
        self._notices = Notices(NOTICES)
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
        for thread_id, agents in _called(events).items():
            self.wake(thread_id, agents)
        self._wake_readers_soon()

    def tell(self, body: EventBody) -> None:
        """Tell those who follow the feed right now of something that leaves no trace."""
        now = self._clock.now()
        self._notices.add(
            Event(id=self._newest, type=body.type, thread_id=body.subject, payload=body.payload(), created_at=now)
        )
        self._wake_readers_soon()

    def _forget(self, thread_id: str) -> None:
        """Drop the events of a deleted thread, as the log did."""
        self._ring.drop(thread_id)

    @contextmanager
    def watch(self, thread_id: str, agent_id: str | None = None) -> Iterator[asyncio.Event]:
        """Return a signal that is set whenever something happens in the thread, until the context ends.

        Args:
            thread_id: The thread.
            agent_id: Who watches; an agent is not called by what the bus itself says to others.
        """
        signal = asyncio.Event()
        self._waiters[thread_id][signal] = agent_id
        if self.closed:
            signal.set()
        try:
            yield signal
        finally:
            self._waiters[thread_id].pop(signal, None)
            if not self._waiters[thread_id]:
                del self._waiters[thread_id]

    def wake(self, thread_id: str | None, agents: Collection[str] | None = None) -> None:
        """Set the signal of the watchers of the thread: all of them, or all but the agents that are not named."""
        for signal, agent_id in self._waiters.get(thread_id or "", {}).items():
            if agents is None or agent_id is None or agent_id in agents:
                signal.set()

    def close(self) -> None:
        """Wake everybody for the last time: the bus stops."""
        self.closed = True
        for thread_id in list(self._waiters):
            self.wake(thread_id)
        self._wake_readers()

    def _wake_readers_soon(self) -> None:
        """Wake the readers of the feed after those who wait for the answer to what they asked."""
        if not self._is_waking:
            self._is_waking = True
            asyncio.get_running_loop().call_soon(self._wake_readers)

    def _wake_readers(self) -> None:
        self._is_waking = False
        news, self._news = self._news, asyncio.Event()
        news.set()

    @property
    def newest(self) -> int:
        return self._newest

    @property
    def told(self) -> int:
        return self._notices.count

    def notices(self, after: int) -> Sequence[Event]:
        return self._notices.after(after)

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
        if after >= self._newest and not self.closed:
            await self._clock.wait_for(self._news, timeout)
        return after < self._newest and not self.closed
