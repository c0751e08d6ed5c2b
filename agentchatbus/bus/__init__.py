"""The use cases of the bus, one module a noun."""

from __future__ import annotations

from agentchatbus.bus.agents import Agents
from agentchatbus.bus.identity import Identity
from agentchatbus.bus.joining import Joining
from agentchatbus.bus.messages import Messages
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.threads import Threads
from agentchatbus.bus.tokens import ReplyTokens
from agentchatbus.bus.waiting import Waiting
from agentchatbus.clock import Clock
from agentchatbus.events import Event, EventBody
from agentchatbus.fanout import Fanout
from agentchatbus.hooks import Hooks
from agentchatbus.model import Caller, Credentials
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage


class MessageBus:
    """One bus over one storage; implements `agentchatbus.ports.bus.Bus`."""

    def __init__(self, storage: Storage, hooks: Hooks, feed: Fanout, clock: Clock, settings: BusSettings) -> None:
        self.settings = settings
        self.clock = clock
        self.storage = storage
        self.feed = feed
        self.tokens = ReplyTokens(storage, clock, settings)
        self.waiting = Waiting(storage, feed, self.tokens, clock, settings)
        self._identity = Identity(storage, hooks, self.tokens, settings)
        parts = Parts(
            storage=storage,
            hooks=hooks,
            tokens=self.tokens,
            waiting=self.waiting,
            identity=self._identity,
            clock=clock,
            settings=settings,
        )
        self.threads = Threads(parts)
        self.messages = Messages(parts)
        self.agents = Agents(parts)
        self.joining = Joining(parts, self.agents, self.threads)

    async def identify(self, credentials: Credentials) -> Caller:
        return await self._identity.identify(credentials)

    async def publish(self, body: EventBody) -> Event:
        now = self.clock.now()
        return await self.storage.write(lambda tx: tx.events.append(body, now))
