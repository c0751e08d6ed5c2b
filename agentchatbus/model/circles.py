"""Who waits for whom, and the circles in it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEdge:
    """An agent waits in a thread for another one."""

    agent_id: str
    thread_id: str
    target: str
    since: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        return self.agent_id, self.thread_id, self.target


WaitCycle = tuple[WaitEdge, ...]
"""A circle of waits: the target of each is the agent of the next."""

Graph = Mapping[str, Mapping[str, WaitEdge]]


def wait_cycles(edges: Iterable[WaitEdge]) -> Iterator[tuple[WaitCycle, frozenset[str]]]:
    """Find agents that wait for each other.

    Returns:
        For each group in which everybody waits in the end for everybody else a shortest circle, and the whole group.
    """
    ahead, behind = _graphs(edges)
    left = _endless(ahead, behind) & _endless(behind, ahead)
    for agent_id in sorted(left):
        if agent_id in left and (group := _reach(agent_id, ahead) & _reach(agent_id, behind)):
            left -= group
            yield _shortest(agent_id, ahead), frozenset(group)


def _graphs(edges: Iterable[WaitEdge]) -> tuple[Graph, Graph]:
    """Return who waits for whom, and by whom everybody is waited for."""
    ahead: defaultdict[str, dict[str, WaitEdge]] = defaultdict(dict)
    behind: defaultdict[str, dict[str, WaitEdge]] = defaultdict(dict)
    for edge in sorted(edges, key=lambda edge: edge.key):
        if edge.agent_id != edge.target:
            ahead[edge.agent_id].setdefault(edge.target, edge)
            behind[edge.target].setdefault(edge.agent_id, edge)
    return ahead, behind


def _endless(ahead: Graph, behind: Graph) -> set[str]:
    """Return from whom one can go ahead for ever."""
    ways = {agent_id: len(nexts) for agent_id, nexts in ahead.items()}
    ends = deque(agent_id for agent_id in behind if agent_id not in ways)
    while ends:
        for before in behind.get(ends.popleft(), ()):
            ways[before] -= 1
            if ways[before] == 0:
                del ways[before]
                ends.append(before)
    return set(ways)


def _reach(start: str, graph: Graph) -> set[str]:
    """Return who is reached from an agent by at least one step."""
    reached: set[str] = set()
    todo = [start]
    while todo:
        new = graph.get(todo.pop(), {}).keys() - reached
        reached |= new
        todo += new
    return reached


def _shortest(start: str, ahead: Graph) -> WaitCycle:
    """Return a shortest circle through an agent; there is one."""
    came_by: dict[str, WaitEdge] = {}
    todo = deque([start])
    while start not in came_by:
        for target, edge in ahead.get(todo.popleft(), {}).items():
            if target not in came_by:
                came_by[target] = edge
                todo.append(target)
    path = [came_by[start]]
    while path[-1].agent_id != start:
        path.append(came_by[path[-1].agent_id])
    return tuple(reversed(path))
