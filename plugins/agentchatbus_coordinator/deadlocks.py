"""Finds agents that wait for each other, and when they no longer do."""

from __future__ import annotations

from datetime import datetime, timedelta

from agentchatbus.plugin_api import Bus, Event
from agentchatbus_coordinator.agenda import Agenda
from agentchatbus_coordinator.graph import Edge, cycles
from agentchatbus_coordinator.ledger import Deadlock, Ledger
from agentchatbus_coordinator.reports import Reports
from agentchatbus_coordinator.settings import CoordinatorSettings
from agentchatbus_coordinator.waits import GOES_ON, Waits

CHECK = "deadlocks"
"""The key in the agenda; no thread has such an id."""

AFTER_RESTART = timedelta(minutes=1)
"""How long agents have to come back after a restart before their deadlock counts as resolved."""

Key = tuple[str, str, str]
"""Agent, thread, and for whom it waits there."""

Place = tuple[str, str]
"""Agent and thread."""


class Deadlocks:
    """Watches over who waits for whom."""

    def __init__(self, bus: Bus, settings: CoordinatorSettings, waits: Waits, agenda: Agenda) -> None:
        self._bus = bus
        self._grace = settings.grace
        self._waits = waits
        self._agenda = agenda
        self._ledger = Ledger(bus)
        self._reports = Reports(bus, settings)

    async def load(self) -> None:
        """Take over what was open before a restart."""
        await self._ledger.load(self._bus.clock.now() + AFTER_RESTART)
        if self._ledger:
            self._agenda.no_later(CHECK, AFTER_RESTART.total_seconds())

    def note(self, event: Event) -> None:
        """Look for deadlocks soon when an event may have made or ended one."""
        is_edge = event.type == "wait.started" and event.payload["waiting_for"]
        if is_edge or (self._ledger and event.type in ("wait.started", "wait.ended", "thread.settings")):
            self._agenda.no_later(CHECK, 0)

    async def check(self) -> None:
        """Resolve deadlocks that are none any more, and report new ones."""
        live = {edge.key for edge in self._edges()}
        here = {(state.agent_id, state.thread_id) for state in self._bus.waiting.states()}
        for deadlock in self._ledger:
            await self._review(deadlock, live, here)
        for cycle, group in cycles(self._blocked_edges()):
            if any(deadlock.agents <= group for deadlock in self._ledger):
                continue
            is_live = {edge.key for edge in cycle} <= {edge.key for edge in self._blocked_edges()}
            if is_live and (cards := await self._reports.report(cycle)):
                await self._ledger.add(Deadlock(cycle=cycle, cards=cards))

    def _blocked_edges(self) -> list[Edge]:
        """Return the edges of waits that are known to block, not of those that may return at once."""
        return [edge for edge in self._edges() if edge.agent_id in self._waits.since(edge.thread_id)]

    def _edges(self) -> list[Edge]:
        return [
            Edge(
                agent_id=state.agent_id,
                thread_id=state.thread_id,
                target=target,
                since=self._waits.since(state.thread_id).get(state.agent_id, state.entered_at),
            )
            for state in self._bus.waiting.states()
            for target in state.waiting_for
        ]

    async def _review(self, deadlock: Deadlock, live: set[Key], here: set[Place]) -> None:
        gone = [edge for edge in deadlock.cycle if edge.key not in live]
        if not gone:
            deadlock.until = None
            return
        until, reason = min(self._end_of(edge, deadlock, here) for edge in gone)
        if until > self._bus.clock.now():
            self._agenda.no_later(CHECK, (until - self._bus.clock.now()).total_seconds())
            return
        await self._reports.resolve(deadlock, reason)
        await self._ledger.remove(deadlock)

    def _end_of(self, edge: Edge, deadlock: Deadlock, here: set[Place]) -> tuple[datetime, str]:
        """Return from when on a wait counts as given up, and why."""
        now = self._bus.clock.now()
        if (edge.agent_id, edge.thread_id) in here:
            return now, "changed"
        ended = self._waits.last(edge.thread_id, edge.agent_id)
        if ended is None:  # its event is still to come, or the bus was restarted
            deadlock.until = deadlock.until or now + self._grace
            return deadlock.until, "gone"
        return (ended.at + self._grace if ended.reason in GOES_ON else ended.at), ended.reason
