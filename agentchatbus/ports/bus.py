"""The bus port: the use cases as plugins and operations call them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agentchatbus.clock import Clock
from agentchatbus.events import Event, EventBody
from agentchatbus.model import (
    Agent,
    AgentDraft,
    Caller,
    Credentials,
    Message,
    MessageDraft,
    SyncContext,
    SyncGuard,
    Thread,
    ThreadDraft,
    WaitState,
)
from agentchatbus.ports.results import (
    Connected,
    JoinRequest,
    Posted,
    Registered,
    ThreadOpened,
    ThreadPage,
    WaitOutcome,
    WaitRequest,
)
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage
from agentchatbus.ports.stores import MessageQuery, ThreadQuery


class Threads(Protocol):
    """Threads."""

    async def create(self, draft: ThreadDraft, caller: Caller, *, key: str | None = None) -> ThreadOpened:
        """Create a thread, or find the one of the same topic.

        Raises:
            InvalidRequest: The topic is empty or too long.
            Conflict: `key` was used for another request.
        """
        ...

    async def get(self, thread_id: str) -> Thread:
        """Return the thread.

        Raises:
            NotFound: There is none.
        """
        ...

    async def page(self, query: ThreadQuery) -> ThreadPage:
        """List threads, newest creation first."""
        ...


class Messages(Protocol):
    """Messages."""

    async def post(
        self, draft: MessageDraft, caller: Caller, guard: SyncGuard | None = None, *, key: str | None = None
    ) -> Posted:
        """Store a message and wake the thread's waiters.

        Args:
            draft: The message; the bus stamps its author from `caller`.
            caller: Who posts.
            guard: What the author has read; None posts on top of whatever is there.
            key: Idempotency key.

        Raises:
            NotFound: There is no such thread or reply target.
            ThreadClosed: The thread takes no messages.
            SyncError: The author has to read and wait first; the subclass says why.
            Rejected: A plugin refused the message.
        """
        ...

    async def post_system(self, draft: MessageDraft) -> Message:
        """Store a message of the bus itself, author and role ``system``, without gates and sync."""
        ...

    async def get(self, message_id: str, caller: Caller) -> Message:
        """Return the message as this caller may see it.

        Raises:
            NotFound: There is none.
        """
        ...

    async def page(self, query: MessageQuery, caller: Caller) -> Sequence[Message]:
        """Return messages of one thread as this caller may see them.

        Raises:
            NotFound: There is no such thread.
        """
        ...

    def system_prompt(self, thread: Thread) -> Message:
        """Return the synthetic message with seq 0 that opens a thread for its agents."""
        ...


class Waiting(Protocol):
    """Waiting for messages."""

    async def wait(self, request: WaitRequest, caller: Caller) -> WaitOutcome:
        """Block until the caller has something to read, or the time is over.

        A cancelled wait leaves nothing behind.

        Raises:
            NotFound: There is no such thread.
        """
        ...

    def states(self) -> Sequence[WaitState]:
        """Return who is blocked right now."""
        ...


class Agents(Protocol):
    """Registered agents."""

    async def register(self, draft: AgentDraft, *, key: str | None = None) -> Registered:
        """Register a new agent under a free name."""
        ...

    async def resume(self, caller: Caller) -> Agent:
        """Bring an agent back online that proved its token.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def heartbeat(self, caller: Caller) -> None:
        """Record a sign of life.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def unregister(self, caller: Caller) -> None:
        """Remove the agent and end its waits; its messages stay.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def get(self, agent_id: str) -> Agent:
        """Return the agent.

        Raises:
            NotFound: There is none.
        """
        ...

    async def all(self) -> Sequence[Agent]:
        """Return every agent by time of registration, with `is_waiting` as of now."""
        ...


class Joining(Protocol):
    """Agent and thread in one step."""

    async def connect(
        self, join: JoinRequest, caller: Caller, token: str | None, draft: AgentDraft, *, key: str | None = None
    ) -> Connected:
        """Register or resume an agent and join or create a thread, all of it or nothing.

        Args:
            join: The thread.
            caller: An agent resumes; anybody else is registered.
            token: The token that proved the agent, to be handed back.
            draft: How a new agent introduces itself.
            key: Idempotency key.
        """
        ...


class Tokens(Protocol):
    """Reply tokens."""

    async def context(self, thread_id: str, caller: Caller) -> SyncContext:
        """Issue a reply token on the thread's newest seq, bound to the caller when it is an agent.

        Raises:
            NotFound: There is no such thread.
        """
        ...


class EventFeed(Protocol):
    """The event log as streams read it: each reader holds a cursor, the feed holds nothing for it."""

    @property
    def newest(self) -> int:
        """The id of the newest event; a reader that starts now starts with it."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the bus stops; readers then end."""
        ...

    async def read(self, after: int, limit: int = 100) -> Sequence[Event] | None:
        """Return events with a higher id, lowest first; None when the cursor is too old to be served without a gap."""
        ...

    async def wait(self, after: int, timeout: float | None = None) -> bool:
        """Wait until there is an event newer than `after`, at most `timeout` seconds.

        Returns:
            Whether there is one; False also when the feed was closed.
        """
        ...


class Bus(Protocol):
    """One bus."""

    @property
    def settings(self) -> BusSettings:
        """How the domain behaves."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def storage(self) -> Storage:
        """Where everything lies; its documents are for plugins too."""
        ...

    @property
    def threads(self) -> Threads:
        """Threads."""
        ...

    @property
    def messages(self) -> Messages:
        """Messages."""
        ...

    @property
    def waiting(self) -> Waiting:
        """Waiting."""
        ...

    @property
    def agents(self) -> Agents:
        """Agents."""
        ...

    @property
    def joining(self) -> Joining:
        """Joining."""
        ...

    @property
    def tokens(self) -> Tokens:
        """Reply tokens."""
        ...

    @property
    def feed(self) -> EventFeed:
        """The event log."""
        ...

    async def identify(self, credentials: Credentials) -> Caller:
        """Say who calls.

        Raises:
            Unauthenticated: The credentials are incomplete or wrong.
        """
        ...

    async def publish(self, body: EventBody) -> Event:
        """Store an event of a plugin and tell everybody."""
        ...
