"""What the use cases are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agentchatbus.model import Agent, Message, SyncContext, Thread, ThreadDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadOpened:
    """A thread that was created, or found under the same topic; `sync` is the caller's, for its first post."""

    thread: Thread
    created: bool
    sync: SyncContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """One page of threads; `total` counts all that match, `next_cursor` is None on the last page."""

    threads: Sequence[Thread]
    total: int
    next_cursor: str | None


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
    """

    thread_id: str
    after_seq: int
    timeout_ms: int | None = None
    for_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOutcome:
    """How a wait ended.

    Attributes:
        messages: What the caller had not read, lowest seq first; empty after a timeout.
        sync: The context for the next post; its `current_seq` never exceeds what the caller was given.
        reason: ``messages``, ``refresh`` (the last post was refused), ``timeout`` or ``shutdown``.
    """

    messages: Sequence[Message]
    sync: SyncContext
    reason: str
