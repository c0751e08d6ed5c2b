"""Who waits for whom, as the event log tells, and the names of circles in it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from agentchatbus.plugin_api import Bus, Event, WaitCycle, WaitEdge
from agentchatbus_coordinator.waits import Waits

Targets = tuple[str, ...]


class WaitGraph:
    """The waits that name somebody, found by the agent that waits.

    It is kept by events, so that a change costs what it touches and not what there is.
    """

    def __init__(self, bus: Bus, waits: Waits) -> None:
        self._bus = bus
        self._waits = waits
        self._named: defaultdict[str, dict[str, list[Targets]]] = defaultdict(dict)

    def started(self, event: Event) -> None:
        """Take note of a ``wait.started``."""
        agent_id, thread_id = event.payload["agent_id"], event.payload["thread_id"]
        self._named[agent_id].setdefault(thread_id, []).append(tuple(event.payload["waiting_for"]))

    def ended(self, event: Event) -> None:
        """Take note of a ``wait.ended``."""
        agent_id, thread_id = event.payload["agent_id"], event.payload["thread_id"]
        threads = self._named[agent_id]
        # An event does not tell which of several waits at one place has ended; hardly any client has several.
        left = self._of_now(agent_id, thread_id) if len(threads.get(thread_id, ())) > 1 else []
        threads[thread_id] = left
        if not left:
            del threads[thread_id]
        if not threads:
            del self._named[agent_id]

    def ahead_of(self, agents: Iterable[str]) -> Iterator[WaitEdge]:
        """Yield every edge that can be reached from some agents."""
        seen = set(agents)
        todo = list(seen)
        while todo:
            for edge in self._of(todo.pop()):
                yield edge
                if edge.target not in seen:
                    seen.add(edge.target)
                    todo.append(edge.target)

    def _of(self, agent_id: str) -> Iterator[WaitEdge]:
        for thread_id, waits in self._named.get(agent_id, {}).items():
            since = self._waits.since(thread_id).get(agent_id)
            if since is not None:
                for target in dict.fromkeys(target for targets in waits for target in targets):
                    yield WaitEdge(agent_id=agent_id, thread_id=thread_id, target=target, since=since)

    def _of_now(self, agent_id: str, thread_id: str) -> list[Targets]:
        states = self._bus.waiting.states()
        return [state.waiting_for for state in states if (state.agent_id, state.thread_id) == (agent_id, thread_id)]


def name_of(cycle: WaitCycle) -> str:
    """Return a name that the same circle always has, wherever one starts to follow it."""
    text = "\n".join(sorted("|".join(edge.key) for edge in cycle))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
