"""Who is here: tells everybody when an agent comes, falls silent, or stops typing.

Signs of life are stored with what agents do (see `presence`); this only watches the clock for those that stop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentchatbus.bus.announcing import Announcer
from agentchatbus.bus.waiting import Waiting
from agentchatbus.clock import Clock
from agentchatbus.errors import BusError
from agentchatbus.events import AgentCameOnline, AgentTyping, AgentWentOffline
from agentchatbus.model import Agent, Caller
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage

TYPING_SECONDS = 10.0
"""How long an agent counts as typing after it said so."""

RETRY_SECONDS = 5.0
"""When to look again after the storage could not be read."""

logger = logging.getLogger(__name__)


class Attendance:
    """Knows which agents are here, and when to look whether they still are."""

    def __init__(
        self, storage: Storage, clock: Clock, settings: BusSettings, announcer: Announcer, waiting: Waiting
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._settings = settings
        self._announcer = announcer
        self._waiting = waiting
        self._due: dict[str, float] = {}
        self._typing: dict[tuple[str, str], tuple[float, Caller]] = {}
        self._is_changed = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the clock for as long as the context lasts."""
        now = self._clock.monotonic()
        for agent in await self._storage.read(lambda tx: tx.agents.all()):
            if (seconds := self._silence_in(agent)) > 0:
                self._due[agent.id] = now + seconds
        task = asyncio.create_task(self._run(), name="attendance")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def arrived(self, agent_id: str) -> None:
        """Take note of an agent whose coming was announced."""
        self._expect(agent_id)

    def saw(self, agent_id: str) -> None:
        """Take note of a sign of life, and announce an agent that was believed to be away."""
        if agent_id not in self._due:
            self._expect(agent_id)
            self._announcer.tell_of(lambda tx: _came_online(tx.agents.get(agent_id)))

    def left(self, agent_id: str) -> None:
        """Take note of an agent whose going was announced."""
        self._due.pop(agent_id, None)
        for key in [key for key in self._typing if key[1] == agent_id]:
            del self._typing[key]

    def types(self, thread_id: str, caller: Caller, *, is_typing: bool) -> None:
        """Announce that an agent types, or stopped to."""
        key = (thread_id, caller.seat)
        was_typing = self._typing.pop(key, None) is not None
        if is_typing:
            self._typing[key] = (self._clock.monotonic() + TYPING_SECONDS, caller)
            self._is_changed.set()
        if is_typing or was_typing:
            self._announcer.tell(_typing(thread_id, caller, is_typing=is_typing))

    def posted(self, thread_id: str, caller: Caller) -> None:
        """Take note of a post: its author is here, and types no more."""
        if caller.agent_id is not None:
            self.saw(caller.agent_id)
        if (thread_id, caller.seat) in self._typing:
            self.types(thread_id, caller, is_typing=False)

    def _expect(self, agent_id: str) -> None:
        self._due[agent_id] = self._clock.monotonic() + self._settings.heartbeat_timeout_seconds
        self._is_changed.set()

    async def _run(self) -> None:
        while True:
            await self._clock.wait_for(self._is_changed, self._next_in(), background=True)
            self._is_changed.clear()
            self._stop_typing()
            try:
                await self._look()
            except BusError as error:
                logger.warning("Agents could not be looked after: %s", error.message)
                await self._clock.wait_for(asyncio.Event(), RETRY_SECONDS, background=True)

    def _next_in(self) -> float | None:
        """Return in how many seconds something is due."""
        moments = [*self._due.values(), *(moment for moment, _ in self._typing.values())]
        return max(0.0, min(moments) - self._clock.monotonic()) if moments else None

    def _stop_typing(self) -> None:
        now = self._clock.monotonic()
        for (thread_id, _), (moment, caller) in list(self._typing.items()):
            if moment <= now:
                self.types(thread_id, caller, is_typing=False)

    async def _look(self) -> None:
        """Announce the agents that fell silent among those who are due."""
        now = self._clock.monotonic()
        due = [agent_id for agent_id, moment in self._due.items() if moment <= now]
        if not due:
            return
        waiting = self._waiting.waiting_agents()
        for agent_id in waiting.intersection(due):
            self._expect(agent_id)
        silent = [agent_id for agent_id in due if agent_id not in waiting]
        for agent in await self._storage.read(lambda tx: [tx.agents.get(agent_id) for agent_id in silent]):
            if agent is not None and (seconds := self._silence_in(agent)) > 0:
                self._due[agent.id] = now + seconds
                silent.remove(agent.id)
            elif agent is not None:
                self._announcer.tell(AgentWentOffline(agent_id=agent.id, name=agent.name, reason="lapsed"))
        for agent_id in silent:
            self.left(agent_id)

    def _silence_in(self, agent: Agent) -> float:
        """Return for how many seconds the agent can still be silent before it counts as offline."""
        settings = self._settings
        until = agent.offline_at(settings.heartbeat_window, settings.working_window)
        return (until - self._clock.now()).total_seconds()


def _came_online(agent: Agent | None) -> AgentCameOnline | None:
    return AgentCameOnline.of(agent) if agent else None


def _typing(thread_id: str, caller: Caller, *, is_typing: bool) -> AgentTyping:
    name = caller.name or caller.seat
    return AgentTyping(agent_id=caller.seat, name=name, thread_id=thread_id, is_typing=is_typing)
