"""The bus port: one bus as plugins and operations see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from agentchatbus.clock import Clock
from agentchatbus.events import Event, EventBody
from agentchatbus.model import Caller, Credentials
from agentchatbus.ports.files import Files
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage
from agentchatbus.ports.use_cases import (
    Access,
    Administration,
    Agents,
    Editing,
    Joining,
    Lifecycle,
    Messages,
    Needs,
    Reactions,
    Search,
    Threads,
    Tokens,
    Waiting,
)
from agentchatbus.tracing import HookListener


class EventFeed(Protocol):
    """The event log as streams read it: each reader holds a cursor, the feed holds nothing for it."""

    @property
    def newest(self) -> int:
        """The id of the newest event; a reader that starts now starts with it."""
        ...

    @property
    def told(self) -> int:
        """How many events were told that are not stored; a reader that starts now has seen them."""
        ...

    def notices(self, after: int) -> Sequence[Event]:
        """Return the events that are not stored and were told after the first `after` of them; a new one ends a `wait`.

        They have the id of the newest stored event, so a cursor stays what it is.
        """
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
            Whether there is one; False also when the feed was closed, or has a notice.
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
    def lifecycle(self) -> Lifecycle:
        """What becomes of threads."""
        ...

    @property
    def administration(self) -> Administration:
        """Settings and administrator of threads."""
        ...

    @property
    def messages(self) -> Messages:
        """Messages."""
        ...

    @property
    def editing(self) -> Editing:
        """Changing messages."""
        ...

    @property
    def reactions(self) -> Reactions:
        """Reactions."""
        ...

    @property
    def search(self) -> Search | None:
        """Search, or None when no plugin offers it for this storage."""
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
    def needs(self) -> Needs:
        """What needs a person."""
        ...

    @property
    def tokens(self) -> Tokens:
        """Reply tokens."""
        ...

    @property
    def access(self) -> Access:
        """Access tokens."""
        ...

    @property
    def feed(self) -> EventFeed:
        """The event log."""
        ...

    @property
    def files(self) -> Files:
        """The files that messages refer to."""
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

    def depths(self) -> Mapping[str, int]:
        """Return how much waits inside the bus, by name: ``observer NAME`` counts the events a plugin is behind."""
        ...

    def report_health(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        """Let ``/health`` say more from now on.

        Args:
            facts: Asked each time; looks at nothing but memory and names nothing secret, for everybody may ask.
        """
        ...

    def health(self) -> Mapping[str, Any]:
        """Return what everybody may know of the bus and of those of its plugins that report something."""
        ...

    def watch_hooks(self, listener: HookListener) -> None:
        """Tell somebody of every call of a plugin's hook from now on."""
        ...

    def request_stop(self) -> None:
        """Ask whoever runs the bus to stop it, as after a first Ctrl-C."""
        ...
