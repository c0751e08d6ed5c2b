"""Threads, as plugins and operations call them."""

from __future__ import annotations

from typing import Protocol

from agentchatbus.model import (
    Caller,
    Thread,
    ThreadDraft,
    ThreadStatus,
)
from agentchatbus.ports.queries import ThreadQuery
from agentchatbus.ports.results import (
    Closed,
    DeletedThread,
    SettingsChanges,
    ThreadOpened,
    ThreadOverview,
    ThreadPage,
)


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

    async def page(self, query: ThreadQuery, caller: Caller | None = None) -> ThreadPage:
        """List threads, newest first, with overviews as `caller` may see them."""
        ...

    async def overview(self, thread_id: str, caller: Caller) -> ThreadOverview:
        """Return what a list shows of one thread.

        Raises:
            NotFound: There is none.
        """
        ...

    async def mark_read(self, thread_id: str, seq: int, caller: Caller) -> None:
        """Record that the caller has read a thread up to a seq; agents do so by reading.

        Raises:
            NotFound: There is no such thread.
            Unauthenticated: The caller has proven nothing.
        """
        ...


class Lifecycle(Protocol):
    """What becomes of threads. Guests are refused with `Unauthenticated`, a missing thread with `NotFound`."""

    async def set_status(self, thread_id: str, status: ThreadStatus, caller: Caller) -> Thread:
        """Give a thread another status; an archived thread remembers the one it had."""
        ...

    async def close(self, thread_id: str, summary: str | None, caller: Caller) -> Closed:
        """Close a thread; it takes no more messages."""
        ...

    async def close_meeting(self, thread_id: str, summary: str | None, caller: Caller) -> Closed:
        """Say goodbye in a thread and close it.

        Raises:
            Forbidden: The caller is neither its administrator nor a person.
        """
        ...

    async def time_out(self, thread_id: str, minutes: float, *, last_seq: int) -> Thread | None:
        """Close a thread in discussion in which nothing was said since `last_seq`; None when there is none such."""
        ...

    async def archive(self, thread_id: str, caller: Caller) -> Thread:
        """Put a thread away."""
        ...

    async def unarchive(self, thread_id: str, caller: Caller) -> Thread:
        """Bring a thread back with the status that it was archived from."""
        ...

    async def rename(self, thread_id: str, topic: str, caller: Caller) -> Thread:
        """Give a thread another topic.

        Raises:
            Conflict: Another thread has it.
            Forbidden: The caller is neither its administrator nor a person.
        """
        ...

    async def delete(self, thread_id: str, caller: Caller) -> DeletedThread:
        """Remove a thread with everything in it, and end its waits.

        Raises:
            Forbidden: The caller is no person.
        """
        ...


class Administration(Protocol):
    """Settings and administrator of threads."""

    async def update(self, thread_id: str, changes: SettingsChanges, caller: Caller) -> Thread:
        """Change a thread's settings.

        Raises:
            InvalidRequest: A time is too short or too long.
            NotFound: There is no such thread.
            Forbidden: The caller is neither its administrator nor a person.
        """
        ...

    async def assign(self, thread_id: str, agent_id: str, caller: Caller) -> Thread:
        """Make an agent the administrator, until a person chooses another one.

        Raises:
            NotFound: There is no such thread or agent.
            Forbidden: The caller is no person.
        """
        ...
