"""A bus under test: the real kernel, composed as in production, on memory storage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from pydantic import BaseModel, TypeAdapter, ValidationError

from agentchatbus.app import App, open_bus
from agentchatbus.clock import Clock
from agentchatbus.config import BusTable, Config, LimitsTable, PluginsTable, ServerTable
from agentchatbus.model import (
    Agent,
    Caller,
    CallerKind,
    Credentials,
    Message,
    Session,
    SyncContext,
    ThreadDraft,
    WaitState,
    hash_token,
)
from agentchatbus.plugin import Plugin
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.results import Connected, Posted, WaitOutcome
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import StorageOffer
from agentchatbus.testing.clock import ManualClock
from agentchatbus.testing.memory import memory_offer

TRANSPORT = "test"
PERSON = Caller(kind=CallerKind.HUMAN, transport=TRANSPORT)
NEVER = 1e12
"""Seconds after which upkeep comes by itself; so only waits of the test have something to do with its clock."""

_NULLS: dict[type[BaseModel], dict[str, None]] = {}


@dataclass(slots=True, kw_only=True)
class ClientHandle:
    """One client of a bus under test: calls operations in a session of its own."""

    app: App
    session: Session = field(default_factory=lambda: _session(CallerKind.GUEST))

    async def call(self, name: str, /, *, idempotency_key: str | None = None, **arguments: Any) -> Any:
        """Ask for an operation as any transport would; arguments that may be None may be left out."""
        params = self.app.operations.get(name).params
        filled = _nulls(params) | ({"author": ""} if "author" in params.model_fields else {}) | arguments
        return await self.app.operations.call(name, filled, self.session, idempotency_key=idempotency_key)


@dataclass(slots=True, kw_only=True)
class AgentHandle(ClientHandle):
    """One registered agent, with what a well-behaved client remembers.

    Attributes:
        agent: Who it is.
        token: Proves it.
        thread_id: The thread it joined.
        sync: Up to where it has read, and the token for its next post; `post` and `wait` keep it up to date.
    """

    agent: Agent
    token: str = field(repr=False)
    thread_id: str
    sync: SyncContext = field(repr=False)

    @property
    def agent_id(self) -> str:
        return self.agent.id

    @property
    def name(self) -> str:
        return self.agent.name

    async def post(self, content: str, **arguments: Any) -> Posted:
        """Post on top of what it has read; a refused post changes nothing that it remembers."""
        sync: dict[str, Any] = {"expected_last_seq": self.sync.current_seq, "reply_token": self.sync.reply_token}
        given = {"thread_id": self.thread_id, "content": content} | sync | arguments
        posted: Posted = await self.call("msg_post", **given)
        self.sync = posted.sync or self.sync
        return posted

    async def wait(self, timeout_ms: int | None = None, **arguments: Any) -> WaitOutcome:
        """Wait for messages after those it has read."""
        given: dict[str, Any] = {"thread_id": self.thread_id, "after_seq": self.sync.current_seq}
        outcome: WaitOutcome = await self.call("msg_wait", **(given | {"timeout_ms": timeout_ms} | arguments))
        self.sync = outcome.sync
        return outcome


@dataclass(slots=True, kw_only=True)
class BusHarness(ClientHandle):
    """A composed bus with one thread in it; its own calls are those of a person of this machine.

    Attributes:
        app: Everything that was composed.
        thread: The id of the thread.
        clock: The bus's clock.
    """

    thread: str
    clock: Clock

    async def post(self, content: str, **arguments: Any) -> Posted:
        """Post as a person, without sync fields."""
        posted: Posted = await self.call("msg_post", content=content, **({"thread_id": self.thread} | arguments))
        return posted

    async def messages(self, thread_id: str | None = None) -> Sequence[Message]:
        """Return the stored messages of a thread, all of them, as a person sees them."""
        query = MessageQuery(thread_id=thread_id or self.thread, limit=1_000_000)
        return await self.app.bus.messages.page(query, PERSON)

    def guest(self) -> ClientHandle:
        """Return a client that has proven nothing."""
        return ClientHandle(app=self.app)

    async def agent(self, name: str, **introduction: Any) -> AgentHandle:
        """Register an agent that joins the thread, as a client of its own."""
        client = self.guest()
        arguments = {"thread_id": self.thread, "ide": "Test", "model": name, "display_name": name} | introduction
        joined: Connected = await client.call("bus_connect", **arguments)
        return AgentHandle(
            app=self.app,
            session=client.session,
            agent=joined.agent,
            token=joined.token,
            thread_id=joined.opened.thread.id,
            sync=joined.opened.sync,
        )

    def waits(self) -> list[WaitState]:
        """Return which agents are blocked right now."""
        return list(self.app.bus.waiting.states())

    async def until_blocked(self, count: int = 1) -> None:
        """Wait until so many callers are blocked in waits with a time-out; needs a `ManualClock`."""
        if not isinstance(self.clock, ManualClock):
            raise TypeError("Only a ManualClock knows who waits; leave out clock= when you make the bus.")
        await self.clock.until_waiting(count, within=NEVER / 2)

    async def drain(self) -> None:
        """Wait until every observer was told of everything so far."""
        await self.app.observers.drain()

    async def use_up(self, reply_token: str) -> None:
        """Make a reply token one that was used already."""
        now = self.clock.now()
        used = hash_token(reply_token)
        await self.app.bus.storage.write(lambda tx: tx.tokens.consume(used, now, message_id="", fingerprint=""))

    def stop_feed(self) -> None:
        """Begin to stop, as a server does: every wait and stream ends."""
        self.app.bus.feed.close()


@asynccontextmanager
async def make_bus(
    *,
    plugins: Sequence[Plugin[Any]] = (),
    settings: BusSettings | None = None,
    clock: Clock | None = None,
    storage: StorageOffer | None = None,
) -> AsyncIterator[BusHarness]:
    """Compose a bus for a test; no installed plugin takes part.

    Args:
        plugins: The plugins that do.
        settings: How the domain behaves; `is_open` False is a bus that the network can reach. The default folder for
            files stands for one that is removed when the bus closes.
        clock: None makes a `ManualClock`.
        storage: None makes an empty one in memory.
    """
    clock = clock or ManualClock()
    given = settings or BusSettings()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="agentchatbus-test-"))
        # The folder of the person who runs the tests is not the tests' to write into.
        config = _config(replace(given, data_dir=Path(folder)) if given.data_dir == BusSettings().data_dir else given)
        opening = open_bus(config, plugins=plugins, clock=clock, storage=storage or memory_offer())
        app = await stack.enter_async_context(opening)
        opened = await app.bus.threads.create(ThreadDraft(topic="Under test"), PERSON)
        session = _session(CallerKind.HUMAN, fills_sync=True)
        yield BusHarness(app=app, session=session, thread=opened.thread.id, clock=clock)


class MakeBus(Protocol):
    """The fixture ``make_bus``: composes a bus that is closed when the test ends; arguments as of `make_bus`."""

    async def __call__(
        self,
        *,
        plugins: Sequence[Plugin[Any]] = (),
        settings: BusSettings | None = None,
        clock: Clock | None = None,
        storage: StorageOffer | None = None,
    ) -> BusHarness: ...


def _session(grants: CallerKind, *, fills_sync: bool = False) -> Session:
    return Session(credentials=Credentials(grants=grants, transport=TRANSPORT), fills_sync=fills_sync)


def _config(settings: BusSettings) -> Config:
    """Return the configuration that leads to these settings."""
    return Config(
        server=ServerTable(
            host="127.0.0.1" if settings.is_open else "0.0.0.0",  # noqa: S104 - nobody listens
            operator_token=settings.operator_token,
            data_dir=settings.data_dir,
        ),
        plugins=PluginsTable(enable=()),
        bus=BusTable(upkeep_interval_seconds=NEVER, **_values(settings, BusTable)),
        limits=LimitsTable(**_values(settings, LimitsTable)),
    )


def _values(settings: BusSettings, table: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in table.model_fields if hasattr(settings, name)}


def _nulls(params: type[BaseModel]) -> dict[str, None]:
    """Return None for every required argument that may be None."""
    if params not in _NULLS:
        _NULLS[params] = {
            name: None
            for name, argument in params.model_fields.items()
            if argument.is_required() and _takes_none(argument.annotation)
        }
    return _NULLS[params]


def _takes_none(annotation: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(None)
    except ValidationError:
        return False
    return True
