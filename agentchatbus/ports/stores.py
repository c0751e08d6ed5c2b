"""The stores of a storage: the small primitives that units of work are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agentchatbus.events import Event, EventBody
from agentchatbus.model import (
    AccessToken,
    Agent,
    Message,
    MessageEdit,
    Participant,
    Reaction,
    ReplyToken,
    Thread,
    ThreadSettings,
    TokenSource,
)
from agentchatbus.ports.queries import MessageQuery, StoredAnswer, ThreadQuery


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
        """Replace every field of a stored thread except `last_seq`, `message_count` and its settings."""

    @abstractmethod
    def put_settings(self, thread_id: str, settings: ThreadSettings) -> None: ...

    @abstractmethod
    def remove(self, thread_id: str) -> None:
        """Remove the thread and all that belongs to it: messages, edits, reactions, participants, reply tokens, refresh
        requests and events."""


class MessageStore(ABC):
    """Messages, in the order of their seq."""

    @abstractmethod
    def get(self, message_id: str) -> Message | None: ...

    @abstractmethod
    def page(self, query: MessageQuery) -> list[Message]: ...

    @abstractmethod
    def append(self, message: Message) -> None:
        """Store the message, count it, and raise its thread's `last_seq` and set `updated_at` from it; what the bus
        itself says (role ``system``) leaves `updated_at` as it is.

        The caller took ``message.seq`` as the thread's `last_seq` plus one in this same unit of work; only an importer
        brings other numbers. Its `reactions` are not stored.
        """

    @abstractmethod
    def update(self, message: Message) -> None:
        """Replace content, metadata, `edited_at` and `edit_version` of a stored message."""

    @abstractmethod
    def newest(self, thread_ids: Sequence[str]) -> dict[str, Message]:
        """Return the message with the highest seq of each of these threads that has one."""

    @abstractmethod
    def add_edit(self, edit: MessageEdit) -> None: ...

    @abstractmethod
    def edits(self, message_id: str) -> list[MessageEdit]:
        """Return the edits of a message by version."""


class ReactionStore(ABC):
    """Reactions to messages."""

    @abstractmethod
    def add(self, reaction: Reaction) -> None:
        """Store a reaction; the caller has made sure that this one does not exist."""

    @abstractmethod
    def get(self, message_id: str, agent_id: str, reaction: str) -> Reaction | None: ...

    @abstractmethod
    def remove(self, message_id: str, agent_id: str, reaction: str) -> None: ...

    @abstractmethod
    def of(self, message_ids: Sequence[str]) -> dict[str, list[Reaction]]:
        """Return the reactions of those of the messages that have any, oldest first."""


class ParticipantStore(ABC):
    """Who joined or spoke in a thread, and how far it has read."""

    @abstractmethod
    def put(self, participant: Participant) -> bool:
        """Add a participant, or raise the `read_seq` of the one with this thread and key; it never falls, and name and
        time of joining stay.

        Returns:
            Whether there was none.
        """

    @abstractmethod
    def of(self, thread_ids: Sequence[str]) -> dict[str, list[Participant]]:
        """Return the participants of those of the threads that have any, by time of joining."""


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
        """Replace what the agent says of itself (description, alias, emoji, capabilities, skills)."""

    @abstractmethod
    def touch(self, agent_id: str, activity: str, at: datetime, *, heartbeat: bool) -> bool:
        """Record a sign of life; with `heartbeat` it counts as a heartbeat too.

        Returns:
            Whether there is such an agent. One that was sent away (`KICKED`) counts as gone and stays as it is.
        """

    @abstractmethod
    def set_token(self, agent_id: str, token_hash: str) -> None: ...

    @abstractmethod
    def remove(self, agent_id: str) -> None:
        """Remove the agent, its open reply tokens and refresh requests; its messages keep their author."""


class AccessStore(ABC):
    """Access tokens, known by the hash of their secret only."""

    @abstractmethod
    def add(self, token: AccessToken, token_hash: str) -> None: ...

    @abstractmethod
    def by_hash(self, token_hash: str) -> AccessToken | None: ...

    @abstractmethod
    def all(self) -> list[AccessToken]:
        """Return every access token by time of creation."""

    @abstractmethod
    def remove(self, token_id: str) -> bool:
        """Remove a token and return whether there was one."""


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
    def close_all(self, agent_id: str, at: datetime) -> None:
        """Invalidate the agent's open tokens in all threads."""

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
    def of_thread(self, thread_id: str, types: Sequence[str], *, after: int, limit: int) -> list[Event]:
        """Return the newest events of a thread and of these types that have an id above `after`, lowest first.

        There need be no index for it: `after` bounds the cost.
        """

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
