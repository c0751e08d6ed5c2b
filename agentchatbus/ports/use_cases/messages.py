"""Messages, as plugins and operations call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from agentchatbus.model import (
    Caller,
    Message,
    MessageDraft,
    Reaction,
    SyncContext,
    SyncGuard,
    Thread,
    WaitState,
)
from agentchatbus.ports.needs import Needed
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.results import (
    Edited,
    EditHistory,
    FoundPage,
    Posted,
    Reacted,
    WaitHistory,
    WaitOutcome,
    WaitRequest,
)
from agentchatbus.ports.search import SearchQuery


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

    async def require_sync_fields(self, thread_id: str, guard: SyncGuard, caller: Caller) -> None:
        """Refuse a post that lacks a sync field; its author's next wait in the thread returns at once.

        Raises:
            SyncFieldsMissing: Names the missing ones.
        """
        ...

    async def post_system(self, draft: MessageDraft, *, only_if: Callable[[Thread], bool] | None = None) -> Message:
        """Store a message of the bus itself, author and role ``system``, without gates and sync.

        It wakes every waiter, unless ``metadata.wakes`` holds the ids of the agents that it is to wake.

        Args:
            draft: The message.
            only_if: Asked of the thread in the unit of work that stores the message.

        Raises:
            NotFound: There is no such thread.
            Conflict: `only_if` said no.
        """
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


class Editing(Protocol):
    """Changing messages."""

    async def edit(self, message_id: str, content: str, caller: Caller) -> Edited:
        """Give a message another text, through the same plugins as a post.

        Raises:
            NotFound: There is no such message.
            Forbidden: Somebody else wrote it, or it is a system message.
            Rejected: A plugin refused the text.
        """
        ...

    async def history(self, message_id: str, caller: Caller) -> EditHistory:
        """Return the message with its earlier texts, as this caller may see them.

        Raises:
            NotFound: There is no such message.
        """
        ...

    async def annotate(self, message_id: str, changes: Mapping[str, Any], *, unless: str | None = None) -> Edited:
        """Change keys of a message's metadata on behalf of the bus; None removes a key.

        Args:
            message_id: The message.
            changes: The new values.
            unless: Change nothing when the metadata has this key already, so that of several callers one wins.

        Raises:
            NotFound: There is no such message.
        """
        ...


class Reactions(Protocol):
    """Reactions to messages. Guests are refused with `Unauthenticated`."""

    async def add(self, message_id: str, reaction: str, caller: Caller) -> Reacted:
        """React to a message.

        Raises:
            NotFound: There is no such message.
            InvalidRequest: The reaction is empty or too long.
        """
        ...

    async def remove(self, message_id: str, reaction: str, caller: Caller) -> bool:
        """Take the caller's reaction back and return whether there was one."""
        ...

    async def of(self, message_id: str) -> tuple[Reaction, ...]:
        """Return the reactions to a message, oldest first.

        Raises:
            NotFound: There is no such message.
        """
        ...


class Search(Protocol):
    """Search in messages."""

    async def find(self, query: SearchQuery, caller: Caller) -> FoundPage:
        """Return one page of messages as this caller may see them.

        Raises:
            InvalidRequest: The query is empty or cannot be understood.
        """
        ...


class Needs(Protocol):
    """What needs a person."""

    async def of(self, caller: Caller) -> Needed:
        """Return what needs this person.

        Raises:
            Forbidden: The caller is no person.
        """
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

    async def history(self, thread_id: str) -> WaitHistory:
        """Return who waited in a thread, as far as the log of events tells.

        Raises:
            NotFound: There is no such thread.
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
