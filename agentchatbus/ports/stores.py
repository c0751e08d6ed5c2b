"""The stores of a storage: the small primitives that units of work are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agentchatbus.events import Event, EventBody
from agentchatbus.model import Agent, Message, Priority, ReplyToken, Thread, ThreadSettings, ThreadStatus, TokenSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadQuery:
    """Which threads to list, newest creation first.

    Attributes:
        status: Only this status; wins over `include_archived`.
        include_archived: Whether archived threads are listed.
        before: Exclusive cursor, the creation time and id of the last thread already seen.
        limit: How many at most; None lists all.
    """

    status: ThreadStatus | None = None
    include_archived: bool = False
    before: tuple[datetime, str] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """Which messages of one thread to read, lowest seq first.

    Attributes:
        thread_id: The thread.
        after_seq: Exclusive lower bound.
        before_seq: Exclusive upper bound.
        limit: How many at most.
        newest: Take the highest seqs instead of the lowest when there are more than `limit`.
        priority: Only this priority.
        handoff_target: Only messages whose ``metadata.handoff_target`` equals this.
    """

    thread_id: str
    after_seq: int = 0
    before_seq: int | None = None
    limit: int = 100
    newest: bool = False
    priority: Priority | None = None
    handoff_target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The first answer to a write that carried an idempotency key.

    Attributes:
        fingerprint: A hash of the request; another one under the same key is a conflict.
        answer: What the use case needs to give the same answer again. It holds no credential.
        created_at: When it was given; old answers are pruned.
    """

    fingerprint: str
    answer: Mapping[str, Any]
    created_at: datetime


class ThreadStore(ABC):
    """Threads and their settings."""

    @abstractmethod
    def get(self, thread_id: str) -> Thread | None: ...

    @abstractmethod
    def by_topic(self, topic: str) -> Thread | None:
        """Return the thread with exactly this topic, of any status."""

    @abstractmethod
    def page(self, query: ThreadQuery) -> list[Thread]: ...

    @abstractmethod
    def count(self, query: ThreadQuery) -> int:
        """Return how many threads match, paging aside."""

    @abstractmethod
    def add(self, thread: Thread) -> None:
        """Store a new thread with its settings; the caller has made sure that id and topic are free."""

    @abstractmethod
    def update(self, thread: Thread) -> None:
        """Replace every field of a stored thread except `last_seq` and its settings."""

    @abstractmethod
    def put_settings(self, thread_id: str, settings: ThreadSettings) -> None: ...


class MessageStore(ABC):
    """Messages, in the order of their seq."""

    @abstractmethod
    def get(self, message_id: str) -> Message | None: ...

    @abstractmethod
    def page(self, query: MessageQuery) -> list[Message]: ...

    @abstractmethod
    def append(self, message: Message) -> None:
        """Store the message and set its thread's `last_seq` and `updated_at` from it.

        The caller took ``message.seq`` as the thread's `last_seq` plus one in this same unit of work.
        """


class AgentStore(ABC):
    """Registered agents and the hashes of their tokens."""

    @abstractmethod
    def get(self, agent_id: str) -> Agent | None: ...

    @abstractmethod
    def by_token(self, token_hash: str) -> Agent | None: ...

    @abstractmethod
    def by_name(self, name: str) -> Agent | None:
        """Return the agent whose unique `name` this is, or else one whose display name it is."""

    @abstractmethod
    def all(self) -> list[Agent]:
        """Return every agent by time of registration."""

    @abstractmethod
    def add(self, agent: Agent, token_hash: str) -> None: ...

    @abstractmethod
    def update(self, agent: Agent) -> None:
        """Replace what the agent says of itself (description, alias, capabilities, skills)."""

    @abstractmethod
    def touch(self, agent_id: str, activity: str, at: datetime, *, heartbeat: bool) -> bool:
        """Record a sign of life; with `heartbeat` it counts as a heartbeat too.

        Returns:
            Whether there is such an agent.
        """

    @abstractmethod
    def set_token(self, agent_id: str, token_hash: str) -> None: ...

    @abstractmethod
    def remove(self, agent_id: str) -> None:
        """Remove the agent, its open reply tokens and refresh requests; its messages keep their author."""


class TokenStore(ABC):
    """Reply tokens and refresh requests."""

    @abstractmethod
    def get(self, token_hash: str) -> ReplyToken | None: ...

    @abstractmethod
    def add(self, token: ReplyToken) -> None: ...

    @abstractmethod
    def open_of(self, thread_id: str, agent_id: str) -> list[ReplyToken]:
        """Return the tokens that this agent can still use in this thread, newest first."""

    @abstractmethod
    def consume(self, token_hash: str, at: datetime, *, message_id: str, fingerprint: str) -> None:
        """Mark a token as used by the message; `fingerprint` is a hash of the post."""

    @abstractmethod
    def close_open(
        self, thread_id: str, agent_id: str, at: datetime, *, source: TokenSource | None = None, keep: str | None = None
    ) -> None:
        """Invalidate the agent's open tokens in the thread (of one source only; all but the one with the hash
        `keep`)."""

    @abstractmethod
    def request_refresh(self, thread_id: str, agent_id: str, at: datetime, reason: str) -> None:
        """Make the agent's next wait in the thread return at once."""

    @abstractmethod
    def refresh_requested(self, thread_id: str, agent_id: str) -> bool: ...

    @abstractmethod
    def clear_refresh(self, thread_id: str, agent_id: str) -> None: ...


class EventStore(ABC):
    """The log of everything that happened."""

    @abstractmethod
    def append(self, body: EventBody, at: datetime) -> Event:
        """Store an event under the next id of the bus."""

    @abstractmethod
    def after(self, event_id: int, limit: int) -> list[Event]:
        """Return the events with a higher id, lowest first."""

    @abstractmethod
    def bounds(self) -> tuple[int, int]:
        """Return the lowest id still kept and the highest id ever given.

        An empty log answers ``(highest + 1, highest)``, so ``lowest - 1 <= cursor`` always tells whether a cursor is
        still within the log.
        """


class AnswerStore(ABC):
    """First answers, for idempotency keys; `key` is a hash of the client's key."""

    @abstractmethod
    def get(self, scope: str, key: str) -> StoredAnswer | None: ...

    @abstractmethod
    def put(self, scope: str, key: str, answer: StoredAnswer) -> None: ...


class DocumentStore(ABC):
    """Small JSON documents of plugins, each plugin in a namespace of its own."""

    @abstractmethod
    def get(self, namespace: str, key: str) -> Mapping[str, Any] | None: ...

    @abstractmethod
    def all(self, namespace: str) -> dict[str, Mapping[str, Any]]:
        """Return every document of the namespace, by key in ascending order."""

    @abstractmethod
    def put(self, namespace: str, key: str, document: Mapping[str, Any]) -> None: ...

    @abstractmethod
    def delete(self, namespace: str, key: str) -> None: ...
