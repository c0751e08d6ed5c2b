"""Since when agents wait: clients wait for a minute and then wait again, which is one wait to everybody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from agentchatbus.plugin_api import Event

GOES_ON = frozenset({"timeout", "gone"})
"""How a wait ends that another one may continue."""

REMEMBERED = timedelta(minutes=2)
"""For how long the end of a wait is known."""

NOBODY: Mapping[str, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a wait."""

    since: datetime
    at: datetime
    reason: str


class Waits:
    """Who waits since when, as the event log tells."""

    def __init__(self, grace: timedelta) -> None:
        self._grace = grace
        self._since: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._count: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._ended: dict[tuple[str, str], Ended] = {}

    def started(self, event: Event) -> None:
        """Take note of a ``wait.started``."""
        thread_id, agent_id = _who(event)
        entered_at = datetime.fromisoformat(event.payload["entered_at"])
        before = self._ended.pop((thread_id, agent_id), None)
        if before and before.reason in GOES_ON and entered_at - before.at <= self._grace:
            entered_at = before.since
        self._count[thread_id, agent_id] += 1
        self._since[thread_id].setdefault(agent_id, entered_at)

    def ended(self, event: Event) -> None:
        """Take note of a ``wait.ended``."""
        thread_id, agent_id = _who(event)
        self._count[thread_id, agent_id] -= 1
        if self._count[thread_id, agent_id] > 0:
            return
        del self._count[thread_id, agent_id]
        since = self._since[thread_id].pop(agent_id, event.created_at)
        if not self._since[thread_id]:
            del self._since[thread_id]
        self._forget_before(event.created_at - max(REMEMBERED, self._grace))
        self._ended[thread_id, agent_id] = Ended(since=since, at=event.created_at, reason=event.payload["reason"])

    def since(self, thread_id: str) -> Mapping[str, datetime]:
        """Return since when agents wait in a thread, by their ids."""
        return self._since.get(thread_id, NOBODY)

    def last(self, thread_id: str, agent_id: str) -> Ended | None:
        """Return how the agent's last wait in the thread ended; None while it waits, or when that was long ago."""
        return self._ended.get((thread_id, agent_id))

    def _forget_before(self, moment: datetime) -> None:
        for key in list(self._ended):
            if self._ended[key].at >= moment:
                return
            del self._ended[key]


def _who(event: Event) -> tuple[str, str]:
    return event.payload["thread_id"], event.payload["agent_id"]
