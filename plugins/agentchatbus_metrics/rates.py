"""How many of something happened lately."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)


class Rate:
    """Counts by the second, for a quarter of an hour."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, at: datetime) -> None:
        """Count one; moments come roughly in order."""
        second = int(at.timestamp())
        last = self._seconds[-1] if self._seconds else (second - 1, 0)
        if last[0] >= second:
            self._seconds[-1] = (last[0], last[1] + 1)
        else:
            self._seconds.append((second, 1))
        self._drop(second - int(WINDOW.total_seconds()))

    def within(self, now: datetime, minutes: int) -> int:
        """Return how many there were in the last minutes."""
        since = now.timestamp() - minutes * 60
        return sum(count for second, count in self._seconds if second > since)

    def _drop(self, before: int) -> None:
        while self._seconds[0][0] < before:
            self._seconds.popleft()
