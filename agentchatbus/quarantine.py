"""Which plugins are no longer called because they failed again and again."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field

OBSERVER = "on_event"


@dataclass(slots=True)
class Quarantine:
    """Counts the failures of run-time hooks.

    What a plugin does before the commit and its observer are counted apart: an observer that fails must never refuse a
    request, so it is dropped alone. A plugin whose other hooks fail loses its observer too.

    Attributes:
        limit: How many failures it takes.
        window: Within how many seconds.
        revision: Rises with every change, so that callers know when to look again.
    """

    limit: int = 5
    window: float = 60.0
    revision: int = 0
    _failures: defaultdict[tuple[str, bool], deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _reasons: dict[tuple[str, bool], str] = field(default_factory=dict)
    _released: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def record(self, plugin: str, hook: str, now: float) -> str | None:
        """Count one failure.

        Args:
            plugin: Who failed.
            hook: In which hook.
            now: Seconds on a monotonic clock.

        Returns:
            Why the plugin is quarantined, when this failure was the one too many; else None.
        """
        key = (plugin, hook == OBSERVER)
        if key in self._reasons:
            return None
        failures = self._failures[key]
        failures.append(now)
        while now - failures[0] > self.window:
            failures.popleft()
        if len(failures) < self.limit:
            return None
        self._reasons[key] = f"{len(failures)} failures within {self.window:g} seconds, the last one in {hook}"
        self.revision += 1
        return self._reasons[key]

    def refusal(self, plugin: str) -> str | None:
        """Return why the plugin's gates, transforms and authentication are not called, or None when they are."""
        return self._reasons.get((plugin, False)) if self._reasons else None

    def dropped(self, plugin: str) -> str | None:
        """Return why the plugin's observer is not called, or None when it is."""
        return (self.refusal(plugin) or self._reasons.get((plugin, True))) if self._reasons else None

    def release(self, plugin: str) -> bool:
        """Call the plugin again and forget its failures.

        Returns:
            Whether it was quarantined.
        """
        was_quarantined = self.dropped(plugin) is not None
        for is_observer in (False, True):
            self._failures.pop((plugin, is_observer), None)
            self._reasons.pop((plugin, is_observer), None)
        self.revision += 1
        self._released.pop(plugin, asyncio.Event()).set()
        return was_quarantined

    async def released(self, plugin: str) -> None:
        """Wait until the plugin's observer may be called."""
        while self.dropped(plugin):
            await self._released[plugin].wait()
