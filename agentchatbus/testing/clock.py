"""A clock that moves only when a test moves it."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agentchatbus.clock import Clock

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class _Alarm:
    """Somebody who waits until a moment; `event` is set at that moment or earlier."""

    moment: float
    background: bool = False
    event: asyncio.Event = field(default_factory=asyncio.Event)


class ManualClock(Clock):
    """Stands still until `advance` is called; nothing that waits on it takes real time."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = 0.0
        self._alarms: set[_Alarm] = set()
        self._changed = asyncio.Event()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time; safe to call from any thread."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return how many seconds the clock was moved."""
        with self._lock:
            return self._passed

    def advance(self, seconds: float) -> None:
        """Let time pass; everybody whose time is over then goes on. Call it on the event loop's thread."""
        if seconds < 0:
            raise ValueError("Time does not go back.")
        with self._lock:
            self._passed += seconds
        for alarm in self._alarms:
            if alarm.moment <= self._passed:
                alarm.event.set()

    async def wait_for(self, event: asyncio.Event, timeout: float | None, *, background: bool = False) -> bool:
        if timeout is None:
            return await event.wait()
        if event.is_set() or timeout <= 0:
            await asyncio.sleep(0)
            return event.is_set()
        with self._alarm(self._passed + timeout, background=background) as alarm:
            await _either(event, alarm.event)
        return event.is_set()

    async def until_waiting(self, count: int = 1, *, within: float = math.inf, background: bool = False) -> None:
        """Wait until so many callers wait whose time is over in at most `within` seconds.

        A test that starts a wait in a task and then moves the clock calls this in between. Housekeeping counts only
        with `background`, and then nothing else does.
        """
        while self._count(within, background=background) < count:
            self._changed.clear()
            await self._changed.wait()

    def _count(self, within: float, *, background: bool) -> int:
        alarms = (alarm for alarm in self._alarms if alarm.background == background)
        return sum(0 < alarm.moment - self._passed <= within for alarm in alarms)

    @contextmanager
    def _alarm(self, moment: float, *, background: bool) -> Iterator[_Alarm]:
        alarm = _Alarm(moment, background=background)
        self._alarms.add(alarm)
        self._changed.set()
        try:
            yield alarm
        finally:
            self._alarms.discard(alarm)


async def _either(*events: asyncio.Event) -> None:
    tasks = {asyncio.create_task(event.wait()) for event in events}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
