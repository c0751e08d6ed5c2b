"""How long plugins take; told of every call of a hook, so it does next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agentchatbus.plugin_api import HookCall


@dataclass(slots=True)
class HookTime:
    """All calls of one plugin's hook so far."""

    seconds: float = 0.0
    calls: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)


class HookTimes:
    """Adds up the calls of all hooks."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], HookTime] = {}

    def note(self, call: HookCall) -> None:
        """Add one call; may be called on any thread."""
        key = (call.plugin, call.hook)
        time = self._times.get(key)
        if time is None:
            time = self._times.setdefault(key, HookTime())
        time.seconds += call.seconds
        time.calls += 1
        time.outcomes[call.outcome] = time.outcomes.get(call.outcome, 0) + 1

    def __iter__(self) -> Iterator[tuple[str, str, HookTime]]:
        return iter([(plugin, hook, time) for (plugin, hook), time in sorted(self._times.items())])
