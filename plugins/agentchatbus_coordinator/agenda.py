"""When to look at what: one timer for everything that is due some time."""

from __future__ import annotations

import asyncio
import heapq

from agentchatbus.plugin_api import Clock


class Agenda:
    """Keys with the moment at which each is due; nothing runs while it is empty."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._is_changed = asyncio.Event()

    def no_later(self, key: str, seconds: float) -> None:
        """Have a key come up in so many seconds, unless it comes up earlier anyway."""
        due = self._clock.monotonic() + max(0.0, seconds)
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
            self._is_changed.set()

    def drop(self, key: str) -> None:
        """Forget a key."""
        self._due.pop(key, None)

    async def next(self) -> str:
        """Wait until a key is due, forget it and return it."""
        while True:
            self._is_changed.clear()
            seconds = self._next_in()
            if seconds is not None and seconds <= 0:
                _, key = heapq.heappop(self._heap)
                del self._due[key]
                return key
            await self._clock.wait_for(self._is_changed, seconds, background=True)

    def _next_in(self) -> float | None:
        """Return in how many seconds something is due; what was dropped or moved is still in the heap."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] - self._clock.monotonic() if self._heap else None
