"""How long plugins take; told of every call of a hook, so it does next to nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from agentchatbus.plugin_api import HookCall


@dataclass(slots=True)
class HookTime:
    """All calls of one plugin's hook so far."""

    seconds: float = 0.0
    outcomes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())


class HookTimes:
    """Adds up the calls of all hooks."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], HookTime] = {}

    def note(self, call: HookCall) -> None:
        """Add one call; may be called on any thread."""
        plugin, hook, seconds, outcome = call
        time = self._times.get((plugin, hook))
        if time is None:
            time = self._times.setdefault((plugin, hook), HookTime())
        time.seconds += seconds
        time.outcomes[outcome] += 1

    def __iter__(self) -> Iterator[tuple[str, str, HookTime]]:
        return iter([(plugin, hook, time) for (plugin, hook), time in sorted(self._times.items())])
