"""The storage port: units of work over a few small stores.

A use case hands the storage a function. The storage runs it against a `Transaction`: all of it is stored, or none of
it, and `Storage.write` answers only when it is durable. So every rule of the domain is written once, in the kernel,
and a backend implements nothing but the small primitives below (see docs/explanation/architecture.md).

A unit of work is synchronous, does no input or output of its own and may run on a thread of the storage.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from agentchatbus.events import Event
from agentchatbus.ports.stores import (
    AccessStore,
    AgentStore,
    AnswerStore,
    DocumentStore,
    EventStore,
    MessageStore,
    ParticipantStore,
    ReactionStore,
    ThreadStore,
    TokenStore,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One unit of work's view of the storage: consistent, and its own writes included."""

    threads: ThreadStore
    messages: MessageStore
    reactions: ReactionStore
    participants: ParticipantStore
    agents: AgentStore
    access: AccessStore
    tokens: TokenStore
    events: EventStore
    answers: AnswerStore
    documents: DocumentStore


CommitListener = Callable[[Sequence[Event]], None]
"""Told, on the event loop and in the order of their ids, of all events of one commit."""


class Storage(ABC):
    """An opened storage backend.

    Attributes:
        sql: What a plugin that speaks SQL needs (such as a search index), or None.
        location: Where the data lies, for people; empty when the offer's says it all.
    """

    sql: Any = None
    location: str = ""

    @abstractmethod
    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work that only reads, on a consistent snapshot. Writing in it is an error."""

    @abstractmethod
    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work and return its result once all of it is on disk.

        What it raises is raised here, and nothing of it is stored. A caller that is cancelled while it waits does not
        undo the work. Units of work never run side by side: each sees all earlier ones.

        Raises:
            Unavailable: The storage stops, or cannot write (a full disk); nothing was stored.
        """

    @abstractmethod
    def on_commit(self, listener: CommitListener) -> None:
        """Call `listener` with the events of each commit, before the writers of that commit get their answers."""

    @abstractmethod
    async def prune(self, *, events_before: datetime, tokens_before: datetime, answers_before: datetime) -> int:
        """Remove old events, first answers and reply tokens that are used or nobody's, a bounded number a call.

        Returns:
            How many rows went; 0 says that nothing old is left.
        """

    def depths(self) -> Mapping[str, int]:
        """Return how much waits to be done, by name, for those who watch the bus."""
        return {}

    async def scrub(self) -> None:  # noqa: B027 -- most backends have nothing to do
        """Make what was removed unreadable where the data lies, as far as the backend can; may take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageContext:
    """What a backend is told when it is opened.

    Attributes:
        owner: Who opens it, in words; a second opener is refused with this text.
        data_dir: The folder for files of this bus.
    """

    owner: str
    data_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageState:
    """What can be said about a storage without opening it.

    Attributes:
        location: Where its data lies, for people.
        exists: Whether anything was ever stored there.
        owner: Who has it open, in the words of that `StorageContext`; None when nobody has.
    """

    location: str
    exists: bool
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOffer:
    """What ``register_storage`` returns.

    Attributes:
        name: The name in ``[storage] backend``.
        open: Opens the storage for as long as the context lasts; raises `ConfigError` with a sentence for the operator
            when it cannot.
        location: Where the data lies, for people.
        look: Says how the storage is that `open` would open, and changes nothing; None when only opening it tells.
    """

    name: str
    open: Callable[[StorageContext], AbstractAsyncContextManager[Storage]]
    location: str = ""
    look: Callable[[StorageContext], StorageState] | None = None
