"""The use cases of the bus, one module a noun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from agentchatbus import __version__
from agentchatbus.bus.access import Access
from agentchatbus.bus.administration import Administration
from agentchatbus.bus.agents import Agents
from agentchatbus.bus.announcing import Announcer
from agentchatbus.bus.attendance import Attendance
from agentchatbus.bus.editing import Editing
from agentchatbus.bus.files import Files
from agentchatbus.bus.health import Facts, Health
from agentchatbus.bus.identity import Identity
from agentchatbus.bus.joining import Joining
from agentchatbus.bus.lifecycle import Lifecycle
from agentchatbus.bus.messages import Messages
from agentchatbus.bus.names import Names
from agentchatbus.bus.needs import Needs
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.reactions import Reactions
from agentchatbus.bus.refusals import Refusals
from agentchatbus.bus.search import Search
from agentchatbus.bus.threads import Threads
from agentchatbus.bus.tokens import ReplyTokens
from agentchatbus.bus.waiting import Waiting
from agentchatbus.clock import Clock
from agentchatbus.events import BusStarted, Event, EventBody
from agentchatbus.fanout import Fanout
from agentchatbus.hooks import Hooks
from agentchatbus.model import Caller, Credentials
from agentchatbus.ports.search import SearchIndex
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage
from agentchatbus.tracing import HookListener


class MessageBus:
    """One bus over one storage; implements `agentchatbus.ports.bus.Bus`."""

    def __init__(
        self,
        storage: Storage,
        hooks: Hooks,
        feed: Fanout,
        clock: Clock,
        settings: BusSettings,
        index: SearchIndex | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.storage = storage
        self.feed = feed
        self.files = Files()
        self.stop_requested = asyncio.Event()
        self._health = Health(settings)
        self.gauges: list[Callable[[], Mapping[str, int]]] = [storage.depths]
        self.announcer = Announcer(storage, clock)
        self.refusals = Refusals(feed, clock)
        self.tokens = ReplyTokens(storage, clock, settings)
        self._hooks = hooks
        self.waiting = Waiting(storage, feed, self.tokens, self.announcer, clock, settings)
        self._names = Names(storage)
        self._identity = Identity(storage, hooks, self.tokens, clock, settings)
        self._attendance = Attendance(storage, clock, settings, self.announcer, self.waiting)
        parts = Parts(
            storage=storage,
            hooks=hooks,
            tokens=self.tokens,
            waiting=self.waiting,
            attendance=self._attendance,
            names=self._names,
            refusals=self.refusals,
            clock=clock,
            settings=settings,
        )
        self.threads = Threads(parts)
        self.lifecycle = Lifecycle(parts)
        self.administration = Administration(parts)
        self.messages = Messages(parts)
        self.needs = Needs(parts)
        self.editing = Editing(parts)
        self.reactions = Reactions(parts)
        self.agents = Agents(parts)
        self.joining = Joining(parts, self.agents, self.threads)
        self.access = Access(storage, clock, settings)
        self.search = Search(storage, index) if index else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch who is here for as long as the context lasts."""
        await self._names.load()
        await self.publish(BusStarted(version=__version__))
        async with self._attendance.watching():
            yield

    async def identify(self, credentials: Credentials) -> Caller:
        return await self._identity.identify(credentials)

    async def publish(self, body: EventBody) -> Event:
        now = self.clock.now()
        return await self.storage.write(lambda tx: tx.events.append(body, now))

    def depths(self) -> Mapping[str, int]:
        return {name: depth for gauge in self.gauges for name, depth in gauge().items()}

    def report_health(self, facts: Facts) -> None:
        self._health.add(facts)

    def health(self) -> Mapping[str, Any]:
        return self._health.facts()

    def watch_hooks(self, listener: HookListener) -> None:
        self._hooks.watch(listener)

    def request_stop(self) -> None:
        self.stop_requested.set()
