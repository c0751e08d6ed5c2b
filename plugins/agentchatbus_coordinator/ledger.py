"""The deadlocks that are reported and not yet resolved, kept over a restart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agentchatbus.plugin_api import Bus, WaitCycle, WaitEdge, isoformat
from agentchatbus_coordinator.graph import name_of

NAMESPACE = "coordinator"


@dataclass(slots=True, kw_only=True)
class Deadlock:
    """A reported deadlock.

    Attributes:
        id: The name of its circle.
        cycle: Who waits for whom.
        cards: The message about it in each thread, by the thread's id.
        agents: Who takes part.
        group: Everybody who is entangled with it, as far as known.
        until: When it counts as resolved if a wait is gone that may come back; None while all wait.
    """

    cycle: WaitCycle
    cards: Mapping[str, str]
    group: frozenset[str] = frozenset()
    until: datetime | None = None
    id: str = field(init=False)
    agents: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.id = name_of(self.cycle)
        self.agents = frozenset(edge.agent_id for edge in self.cycle)
        self.group |= self.agents


class Ledger:
    """Deadlocks in memory and in the documents of a bus's storage."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._open: dict[str, Deadlock] = {}
        self._by_agent: defaultdict[str, dict[str, Deadlock]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._open)

    def has(self, agent_id: str) -> bool:
        """Return whether an agent is entangled with a deadlock."""
        return agent_id in self._by_agent

    def of(self, agents: Iterable[str], now: datetime | None = None) -> Sequence[Deadlock]:
        """Return the deadlocks with which some of these agents are entangled, and those that are due by now."""
        near = (self._by_agent[agent_id] for agent_id in agents if agent_id in self._by_agent)
        found = {key: deadlock for deadlocks in near for key, deadlock in deadlocks.items()}
        if now is not None:
            found |= {key: one for key, one in self._open.items() if one.until and one.until <= now}
        return list(found.values())

    def widen(self, deadlock: Deadlock, group: frozenset[str]) -> None:
        """Remember that more agents are entangled with a deadlock."""
        deadlock.group |= group
        self._index(deadlock)

    async def load(self, until: datetime) -> None:
        """Read what was open before a restart; nobody waits then, so it is resolved unless all wait again in time."""
        documents = await self._bus.storage.read(lambda tx: tx.documents.all(NAMESPACE))
        for document in documents.values():
            deadlock = Deadlock(
                cycle=tuple(_edge(row) for row in document["cycle"]), cards=dict(document["cards"]), until=until
            )
            self._index(deadlock)

    async def add(self, deadlock: Deadlock) -> None:
        """Take note of a deadlock that was reported."""
        document = {"cycle": [_row(edge) for edge in deadlock.cycle], "cards": dict(deadlock.cards)}
        await self._bus.storage.write(lambda tx: tx.documents.put(NAMESPACE, deadlock.id, document))
        self._index(deadlock)

    async def remove(self, deadlock: Deadlock) -> None:
        """Forget a deadlock that was resolved."""
        await self._bus.storage.write(lambda tx: tx.documents.delete(NAMESPACE, deadlock.id))
        self._open.pop(deadlock.id, None)
        for agent_id in deadlock.group:
            self._by_agent[agent_id].pop(deadlock.id, None)
            if not self._by_agent[agent_id]:
                del self._by_agent[agent_id]

    def _index(self, deadlock: Deadlock) -> None:
        self._open[deadlock.id] = deadlock
        for agent_id in deadlock.group:
            self._by_agent[agent_id][deadlock.id] = deadlock


def _row(edge: WaitEdge) -> dict[str, Any]:
    return {
        "agent_id": edge.agent_id,
        "thread_id": edge.thread_id,
        "target": edge.target,
        "since": isoformat(edge.since),
    }


def _edge(row: Mapping[str, Any]) -> WaitEdge:
    return WaitEdge(
        agent_id=row["agent_id"],
        thread_id=row["thread_id"],
        target=row["target"],
        since=datetime.fromisoformat(row["since"]),
    )
