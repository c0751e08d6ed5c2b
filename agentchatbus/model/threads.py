"""Threads and their settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agentchatbus.model.metadata import Metadata, no_metadata


class ThreadStatus(StrEnum):
    """The labels of a thread; any may follow any other."""

    DISCUSS = "discuss"
    IMPLEMENT = "implement"
    REVIEW = "review"
    DONE = "done"
    CLOSED = "closed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDraft:
    """A thread as its creator asked for it; None says that nothing was asked for, which a template may fill in."""

    topic: str
    system_prompt: str | None = None
    metadata: Metadata | None = None
    template_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """The agent that leads a thread."""

    agent_id: str
    name: str
    assigned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSettings:
    """Who leads a thread and when the coordinator may speak; times in seconds."""

    auto_administrator_enabled: bool = True
    timeout_seconds: int = 60
    switch_timeout_seconds: int = 60
    creator_admin: Administrator | None = None
    auto_assigned_admin: Administrator | None = None
    updated_at: datetime | None = None

    @property
    def administrator(self) -> Administrator | None:
        """The administrator in force; a human-confirmed one goes before the creator."""
        return self.auto_assigned_admin or self.creator_admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation.

    Attributes:
        last_seq: The highest seq stored in it, 0 when it is empty.
        message_count: How many messages it holds; less than `last_seq` only where an imported thread has gaps.
        archived_from: The status to which an archived thread returns.
    """

    id: str
    topic: str
    created_at: datetime
    status: ThreadStatus = ThreadStatus.DISCUSS
    last_seq: int = 0
    message_count: int = 0
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    archived_from: ThreadStatus | None = None
    summary: str | None = None
    metadata: Metadata = field(default_factory=no_metadata)
    system_prompt: str | None = None
    template_id: str | None = None
    settings: ThreadSettings = field(default_factory=ThreadSettings)

    @property
    def active_at(self) -> datetime:
        """When something was last said here, or when it began."""
        return self.updated_at or self.created_at

    @property
    def takes_messages(self) -> bool:
        """Whether somebody may post here."""
        return self.status not in (ThreadStatus.CLOSED, ThreadStatus.ARCHIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody who joined a thread or spoke in it.

    Attributes:
        key: An agent's id, else a free name.
        agent_id: Set for agents only.
        name: The name at the time of joining.
        read_seq: The highest seq that was delivered to it.
    """

    thread_id: str
    key: str
    agent_id: str | None
    name: str
    joined_at: datetime
    read_seq: int = 0
