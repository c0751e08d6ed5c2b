"""The time, as a value that tests can hold."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import lru_cache


class Clock(ABC):
    """Tells the time and waits for it to pass."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the wall-clock time in UTC."""

    @abstractmethod
    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; never goes back."""

    @abstractmethod
    async def wait_for(self, event: asyncio.Event, timeout: float | None, *, background: bool = False) -> bool:
        """Wait until the event is set or `timeout` seconds have passed.

        Args:
            event: What to wait for.
            timeout: Seconds; None waits without end.
            background: Whether this is housekeeping, which the clock of tests does not count as somebody waiting.

        Returns:
            Whether the event was set.
        """


class SystemClock(Clock):
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()  # the time of a loop may stand still while one of its callbacks runs

    async def wait_for(
        self,
        event: asyncio.Event,
        timeout: float | None,
        *,
        background: bool = False,  # noqa: ARG002 -- for the clock of tests
    ) -> bool:
        if timeout is None:
            return await event.wait()
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True


def isoformat(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC with microseconds and offset, the one form on the wire and on disk."""
    # Moments of one zone that only the fold tells apart are equal, so the cache knows those of UTC alone.
    return _written(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


@lru_cache(maxsize=256)
def _written(moment: datetime) -> str:
    """Write a moment of UTC; a change writes the moment of it into many places."""
    return moment.isoformat(timespec="microseconds")
