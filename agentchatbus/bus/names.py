"""Which names are taken by agents, as readers see them; kept in memory, so that nothing grows with their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agentchatbus.events import AgentCameOnline, AgentUpdated, AgentWentOffline, Event
from agentchatbus.lookalikes import looks_of
from agentchatbus.ports.storage import Storage


class Names:
    """How all agents' names look; follows the events of agents, because only this process changes agents."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._looks: dict[str, frozenset[str]] = {}
        self._holders: dict[str, set[str]] = {}
        self._claims: dict[str, Claim] = {}
        storage.on_commit(self._notice)

    async def load(self) -> None:
        """Learn the names of the agents that are there already."""
        for agent in await self._storage.read(lambda tx: tx.agents.all()):
            self._hold(agent.id, agent.name, agent.display_name)

    def is_taken(self, name: str) -> bool:
        """Return whether an agent has a name that looks like this one."""
        return any(self._holders.get(look) for look in looks_of(name))

    @contextmanager
    def claiming(self, agent_id: str | None = None) -> Iterator[Claim]:
        """Choose names inside a unit of work; they are kept from others until the work is stored or given up.

        Units of work of one commit follow each other before any of them is told, so they have to see each other's.

        Args:
            agent_id: Whose own names are free to it.
        """
        claim = Claim(self._holders, self._claims, agent_id)
        try:
            yield claim
        finally:
            claim.end()

    def _notice(self, events: Sequence[Event]) -> None:
        for event in events:
            payload = event.payload
            if event.type in (AgentCameOnline.type, AgentUpdated.type):
                self._hold(payload["agent_id"], payload["agent"]["name"], payload["agent"]["display_name"])
            elif event.type == AgentWentOffline.type and payload["reason"] in AgentWentOffline.GONE:
                self._hold(payload["agent_id"])

    def _hold(self, agent_id: str, *names: str) -> None:
        """Let an agent have these names and no others."""
        looks = frozenset(look for name in names if name for look in looks_of(name))
        before = self._looks.pop(agent_id, frozenset())
        for look in looks - before:
            self._holders.setdefault(look, set()).add(agent_id)
        for look in before - looks:
            self._holders[look].discard(agent_id)
            if not self._holders[look]:
                del self._holders[look]
        if looks:
            self._looks[agent_id] = looks


class Claim:
    """The names that one unit of work chooses."""

    def __init__(self, holders: dict[str, set[str]], claims: dict[str, Claim], agent_id: str | None) -> None:
        self._holders = holders
        self._claims = claims
        self._agent_id = agent_id
        self._own: frozenset[str] = frozenset()
        self._is_over = False

    def free(self, wanted: str) -> str:
        """Claim and return the name, or the name with the lowest number that makes it look like no other agent's."""
        name, number = wanted, 1
        while self._is_anothers(name):
            number += 1
            name = f"{wanted} {number}"
        if not self._is_over:  # a caller that hung up does not stop what it asked for
            self._own |= looks_of(name)
            self._claims.update(dict.fromkeys(looks_of(name), self))
        return name

    def end(self) -> None:
        """Give up what was claimed; what was stored is known from the events by now."""
        self._is_over = True
        for look in self._own:
            if self._claims.get(look) is self:
                del self._claims[look]

    def _is_anothers(self, name: str) -> bool:
        return any(
            self._claims.get(look, self) is not self or self._holders.get(look, set()) - {self._agent_id}
            for look in looks_of(name)
        )
