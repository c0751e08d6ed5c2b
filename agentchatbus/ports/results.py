"""What the use cases are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from agentchatbus.model import (
    AccessToken,
    Agent,
    Message,
    MessageEdit,
    Participant,
    Reaction,
    SyncContext,
    Thread,
    ThreadDraft,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadOpened:
    """A thread that was created, or found under the same topic; `sync` is the caller's, for its first post."""

    thread: Thread
    created: bool
    sync: SyncContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadOverview:
    """What a list shows of a thread besides the thread itself.

    Attributes:
        last_message: The newest message as the caller may see it, None in an empty thread.
        participants: Who joined or spoke, by time of joining.
        unread: Messages that the caller was not given; None for a caller that never joined.
    """

    last_message: Message | None
    participants: Sequence[Participant]
    unread: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """One page of threads; `total` counts all that match, `next_cursor` is None on the last page.

    `overviews` has one entry for each thread, by its id, where they were asked for.
    """

    threads: Sequence[Thread]
    total: int
    next_cursor: str | None
    overviews: Mapping[str, ThreadOverview] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed thread; `was_closed` says that it was closed before."""

    thread: Thread
    was_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedThread:
    """What is left of a deleted thread."""

    thread_id: str
    topic: str
    message_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanges:
    """What to change of a thread's settings; None leaves a value as it is, times in seconds."""

    auto_administrator_enabled: bool | None = None
    timeout_seconds: int | None = None
    switch_timeout_seconds: int | None = None

    def given(self) -> dict[str, Any]:
        """Return the values that are to change."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A message after an edit; `changed` is False when it had that text already, and `edited_by` then empty."""

    message: Message
    changed: bool
    edited_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditHistory:
    """A message with all its earlier texts, oldest first."""

    message: Message
    edits: Sequence[MessageEdit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """A reaction; `created` is False when it was there already."""

    reaction: Reaction
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kicked:
    """An agent that was sent away, and the threads in which it waited."""

    agent: Agent
    threads_interrupted: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGranted:
    """A new access token with its secret, which is shown here once and never again."""

    token: AccessToken
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One message that a search found.

    Attributes:
        message: As the caller may see it.
        topic: Its thread's.
        snippet: Part of its text, empty when the caller may not read it.
        marks: (start, end) offsets of the hits in `snippet`.
    """

    message: Message
    topic: str
    snippet: str
    marks: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """One page of a search; `note` says in words what was left out, None when nothing was."""

    results: Sequence[Found]
    next_cursor: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A stored message; `sync` is the author's context for its next post, None for authors without a token."""

    message: Message
    sync: SyncContext | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A new agent with its token, which is shown here once and never again."""

    agent: Agent
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """An agent that joined a thread.

    Attributes:
        agent: Who joined.
        token: Its token.
        resumed: Whether it existed before.
        opened: The thread, and the sync context whose `current_seq` is the last seq of `messages`.
        messages: Part of the history, lowest seq first, the synthetic system prompt aside.
        omitted_before: The lowest seq in `messages` when older ones were left out, else None.
    """

    agent: Agent
    token: str = field(repr=False)
    resumed: bool
    opened: ThreadOpened
    messages: Sequence[Message]
    omitted_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    """Which thread to join and from where to read; `thread_id` wins over `draft`, which creates the thread if
    needed."""

    thread_id: str | None = None
    draft: ThreadDraft | None = None
    after_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRequest:
    """What to wait for.

    Attributes:
        thread_id: The thread.
        after_seq: The last seq the caller has processed.
        timeout_ms: How long to block; 0 or less only looks; None takes the configured time.
        for_agent: Only messages handed off to this agent id.
        waiting_for: Ids of the agents whose word the caller waits for, for people and the coordinator to see.
    """

    thread_id: str
    after_seq: int
    timeout_ms: int | None = None
    for_agent: str | None = None
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWait:
    """A wait that is over, with the times as they are in events; `reason` as in ``wait.ended``."""

    agent_id: str
    since: str
    until: str
    reason: str
    waiting_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitHistory:
    """Waits of a thread that are over, by when they ended; `is_complete` unless the log does not hold them all."""

    waits: Sequence[PastWait]
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOutcome:
    """How a wait ended.

    Attributes:
        messages: What the caller had not read, lowest seq first; when nothing woke it, at most messages of the bus
            itself that concern others.
        sync: The context for the next post; its `current_seq` never exceeds what the caller was given.
        reason: ``messages``, ``refresh`` (the last post was refused), ``timeout`` or ``shutdown``.
    """

    messages: Sequence[Message]
    sync: SyncContext
    reason: str
