"""Finds agents that wait for each other, and when they no longer do.

Only what changed is looked at: the waits that can be reached from an agent that began to wait, and the deadlocks with
an agent in them that did anything. So a thousand agents that wait cost nothing, and each of a thousand deadlocks costs
the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agentchatbus.plugin_api import Bus, Event, WaitCycle, WaitEdge, wait_cycles
from agentchatbus_coordinator.agenda import Agenda
from agentchatbus_coordinator.graph import WaitGraph
from agentchatbus_coordinator.ledger import Deadlock, Ledger
from agentchatbus_coordinator.reports import Reports
from agentchatbus_coordinator.settings import CoordinatorSettings
from agentchatbus_coordinator.waits import GOES_ON, Waits

CHECK = "deadlocks"
"""The key in the agenda; no thread has such an id."""

AFTER_RESTART = timedelta(minutes=1)
"""How long agents have to come back after a restart before their deadlock counts as resolved."""

AT_ONCE = 32
"""Deadlocks that are reported or resolved at the same time: they share the storage's commits."""

SPEECH = frozenset({"thread.settings", "thread.state", "thread.unarchived"})
"""Types of the events after which the coordinator may speak where it might not."""

Key = tuple[str, str, str]
"""Agent, thread, and for whom it waits there."""

Place = tuple[str, str]
"""Agent and thread."""

Found = tuple[WaitCycle, frozenset[str]]
"""A circle, and everybody who is entangled with it."""


@dataclass(frozen=True, slots=True)
class _Now:
    """Who waits at this very moment; events tell of it a little later."""

    edges: frozenset[Key]
    places: frozenset[Place]

    @classmethod
    def of(cls, bus: Bus) -> _Now:
        states = bus.waiting.states()
        return cls(
            frozenset((state.agent_id, state.thread_id, target) for state in states for target in state.waiting_for),
            frozenset((state.agent_id, state.thread_id) for state in states),
        )

    def has(self, cycle: WaitCycle) -> bool:
        """Return whether all of a circle's waits go on."""
        return all(edge.key in self.edges for edge in cycle)


class Deadlocks:
    """Watches over who waits for whom."""

    def __init__(self, bus: Bus, settings: CoordinatorSettings, waits: Waits, agenda: Agenda) -> None:
        self._bus = bus
        self._grace = settings.grace
        self._waits = waits
        self._agenda = agenda
        self._graph = WaitGraph(bus, waits)
        self._ledger = Ledger(bus)
        self._reports = Reports(bus, settings)
        self._changed: set[str] = set()

    async def load(self) -> None:
        """Take over what was open before a restart."""
        await self._ledger.load(self._bus.clock.now() + AFTER_RESTART)
        if self._ledger:
            self._agenda.no_later(CHECK, AFTER_RESTART.total_seconds())

    def note(self, event: Event) -> None:
        """Look for deadlocks soon when an event may have made or ended one."""
        changed: Sequence[str] = ()
        if event.type == "wait.started":
            self._graph.started(event)
            changed = [event.payload["agent_id"]] if event.payload["waiting_for"] else self._entangled(event)
        elif event.type == "wait.ended":
            self._graph.ended(event)
            changed = self._entangled(event)
        elif event.type in SPEECH and event.thread_id is not None:
            changed = list(self._waits.since(event.thread_id))
        if changed:
            self._changed.update(changed)
            self._agenda.no_later(CHECK, 0)

    async def check(self) -> None:
        """Resolve deadlocks that are none any more, and report new ones."""
        changed, self._changed = self._changed, set()
        try:
            await self._look_after(changed)
        except BaseException:
            self._changed |= changed
            raise

    def _entangled(self, event: Event) -> Sequence[str]:
        agent_id = event.payload["agent_id"]
        return [agent_id] if self._ledger.has(agent_id) else ()

    async def _look_after(self, changed: set[str]) -> None:
        known = self._ledger.of(changed, self._bus.clock.now())
        for deadlock in known:
            changed |= deadlock.group  # without it, others of the group may be in a circle of their own
        await self._review(known)
        new = [(cycle, group) for cycle, group in wait_cycles(self._graph.ahead_of(changed)) if self._is_news(group)]
        for begin in range(0, len(new), AT_ONCE):
            now = _Now.of(self._bus)
            await _all(self._report(found) for found in new[begin : begin + AT_ONCE] if now.has(found[0]))

    def _is_news(self, group: frozenset[str]) -> bool:
        """Return whether nothing is reported yet of a group; one that has grown is remembered as it is now."""
        reported = [deadlock for deadlock in self._ledger.of(group) if deadlock.agents <= group]
        for deadlock in reported:
            self._ledger.widen(deadlock, group)
        return not reported

    async def _report(self, found: Found) -> None:
        cycle, group = found
        if cards := await self._reports.report(cycle):
            await self._ledger.add(Deadlock(cycle=cycle, cards=cards, group=group))

    async def _review(self, deadlocks: Sequence[Deadlock]) -> None:
        now = _Now.of(self._bus) if deadlocks else None
        over = [(one, reason) for one in deadlocks if now and (reason := self._why_over(one, now))]
        for begin in range(0, len(over), AT_ONCE):
            await _all(self._resolve(*item) for item in over[begin : begin + AT_ONCE])

    def _why_over(self, deadlock: Deadlock, now: _Now) -> str | None:
        """Return why a deadlock is none any more, or None and look again when that may be known."""
        gone = [edge for edge in deadlock.cycle if edge.key not in now.edges]
        if not gone:
            deadlock.until = None
            return None
        until, reason = min(self._end_of(edge, deadlock, now) for edge in gone)
        left = (until - self._bus.clock.now()).total_seconds()
        if left <= 0:
            return reason
        deadlock.until = until
        self._agenda.no_later(CHECK, left)
        return None

    async def _resolve(self, deadlock: Deadlock, reason: str) -> None:
        await self._reports.resolve(deadlock, reason)
        await self._ledger.remove(deadlock)

    def _end_of(self, edge: WaitEdge, deadlock: Deadlock, now: _Now) -> tuple[datetime, str]:
        """Return from when on a wait counts as given up, and why."""
        if (edge.agent_id, edge.thread_id) in now.places:
            return self._bus.clock.now(), "changed"
        ended = self._waits.last(edge.thread_id, edge.agent_id)
        if ended is None:  # its event is still to come, or the bus was restarted
            return deadlock.until or self._bus.clock.now() + self._grace, "gone"
        return (ended.at + self._grace if ended.reason in GOES_ON else ended.at), ended.reason


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do several things at the same time, all of them to the end; then raise what the first that failed raised."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
