"""The deadlocks that are reported and not yet resolved, kept over a restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agentchatbus.plugin_api import Bus, isoformat
from agentchatbus_coordinator.graph import Cycle, Edge, name_of

NAMESPACE = "coordinator"


@dataclass(slots=True, kw_only=True)
class Deadlock:
    """A reported deadlock.

    Attributes:
        cycle: Who waits for whom.
        cards: The message about it in each thread, by the thread's id.
        until: When it counts as resolved if a wait is gone of whose end nothing is known; None while all wait.
    """

    cycle: Cycle
    cards: Mapping[str, str]
    until: datetime | None = None

    @property
    def id(self) -> str:
        return name_of(self.cycle)

    @property
    def agents(self) -> frozenset[str]:
        """Who takes part."""
        return frozenset(edge.agent_id for edge in self.cycle)


class Ledger:
    """Deadlocks in memory and in the documents of a bus's storage."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._open: dict[str, Deadlock] = {}

    def __iter__(self) -> Iterator[Deadlock]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    async def load(self, until: datetime) -> None:
        """Read what was open before a restart; nobody waits then, so it is resolved unless all wait again in time."""
        documents = await self._bus.storage.read(lambda tx: tx.documents.all(NAMESPACE))
        for document in documents.values():
            deadlock = Deadlock(
                cycle=tuple(_edge(row) for row in document["cycle"]), cards=dict(document["cards"]), until=until
            )
            self._open[deadlock.id] = deadlock

    async def add(self, deadlock: Deadlock) -> None:
        """Take note of a deadlock that was reported."""
        document = {"cycle": [_row(edge) for edge in deadlock.cycle], "cards": dict(deadlock.cards)}
        await self._bus.storage.write(lambda tx: tx.documents.put(NAMESPACE, deadlock.id, document))
        self._open[deadlock.id] = deadlock

    async def remove(self, deadlock: Deadlock) -> None:
        """Forget a deadlock that was resolved."""
        await self._bus.storage.write(lambda tx: tx.documents.delete(NAMESPACE, deadlock.id))
        self._open.pop(deadlock.id, None)


def _row(edge: Edge) -> dict[str, Any]:
    return {
        "agent_id": edge.agent_id,
        "thread_id": edge.thread_id,
        "target": edge.target,
        "since": isoformat(edge.since),
    }


def _edge(row: Mapping[str, Any]) -> Edge:
    return Edge(
        agent_id=row["agent_id"],
        thread_id=row["thread_id"],
        target=row["target"],
        since=datetime.fromisoformat(row["since"]),
    )
