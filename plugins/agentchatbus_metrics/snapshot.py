"""The numbers of one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agentchatbus.plugin_api import AgentState, Bus, MessageQuery, ThreadQuery, ThreadStatus, Transaction
from agentchatbus_metrics.rates import WINDOW
from agentchatbus_metrics.watching import Watch

MAX_ACTIVE = 100
"""Threads that the mean gap between messages is taken from, the ones in which somebody spoke last."""

FRESH_SECONDS = 1.0
"""How long numbers are good that have to be read from the storage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What had to be read.

    Attributes:
        threads: How many threads there are of each status that has any.
        agents: How many agents there are in each state.
        online: How many agents are there.
        gap_ms: The mean time between neighbouring messages of threads in which somebody spoke lately.
    """

    threads: Mapping[str, int]
    agents: Mapping[str, int]
    online: int
    gap_ms: float | None


class Snapshots:
    """Reads the numbers that nobody keeps, not more often than they change noticeably."""

    def __init__(self, bus: Bus, watch: Watch) -> None:
        self._bus = bus
        self._watch = watch
        self._threads: Mapping[str, int] = {}
        self._last: Snapshot | None = None
        self._until = 0.0

    async def take(self) -> Snapshot:
        """Return the numbers of now, or of a moment ago."""
        now = self._bus.clock.monotonic()
        if self._last is None or now >= self._until:
            self._last = await self._read()
            self._until = now + FRESH_SECONDS
        return self._last

    async def _read(self) -> Snapshot:
        now, settings = self._bus.clock.now(), self._bus.settings
        if self._watch.is_changed:
            self._watch.is_changed = False
            self._threads = await self._bus.storage.read(_by_status)
        agents = await self._bus.agents.all()
        states = Counter(agent.state(now, settings.heartbeat_window, settings.working_window).value for agent in agents)
        return Snapshot(
            threads=self._threads,
            agents={state.value: states[state.value] for state in AgentState},
            online=sum(agent.is_online(now, settings.heartbeat_window) for agent in agents),
            gap_ms=await self._bus.storage.read(lambda tx: _gap_ms(tx, now - WINDOW)),
        )


def _by_status(tx: Transaction) -> Mapping[str, int]:
    counts = {status.value: tx.threads.count(ThreadQuery(status=status)) for status in ThreadStatus}
    return {status: count for status, count in counts.items() if count}


def _gap_ms(tx: Transaction, since: datetime) -> float | None:
    """Return the mean gap; over a whole thread the gaps add up to the time from its first message to its last."""
    seconds, gaps = 0.0, 0
    for thread in tx.threads.page(ThreadQuery(by_activity=True, limit=MAX_ACTIVE)):
        if thread.active_at <= since:
            break
        first = tx.messages.page(MessageQuery(thread_id=thread.id, limit=1))
        if first and thread.message_count > 1:
            seconds += (thread.active_at - first[0].created_at).total_seconds()
            gaps += thread.message_count - 1
    return round(max(0.0, seconds) * 1000 / gaps, 3) if gaps else None
