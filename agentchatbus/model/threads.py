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
    """A thread as its creator asked for it."""

    topic: str
    system_prompt: str | None = None
    metadata: Metadata = field(default_factory=no_metadata)
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

    @property
    def administrator(self) -> Administrator | None:
        """The administrator in force; a human-confirmed one goes before the creator."""
        return self.auto_assigned_admin or self.creator_admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation; `last_seq` is the highest seq stored in it, 0 when it is empty."""

    id: str
    topic: str
    created_at: datetime
    status: ThreadStatus = ThreadStatus.DISCUSS
    last_seq: int = 0
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    summary: str | None = None
    metadata: Metadata = field(default_factory=no_metadata)
    system_prompt: str | None = None
    template_id: str | None = None
    settings: ThreadSettings = field(default_factory=ThreadSettings)

    @property
    def takes_messages(self) -> bool:
        """Whether somebody may post here."""
        return self.status not in (ThreadStatus.CLOSED, ThreadStatus.ARCHIVED)
