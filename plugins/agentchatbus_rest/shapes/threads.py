"""Shapes of threads."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from agentchatbus.plugin_api import ThreadStatus
from agentchatbus_rest.shapes.common import Ok, ParticipantItem, Sync, WaitingAgent
from agentchatbus_rest.shapes.messages import LastMessage


class ThreadBase(TypedDict):
    """What every form of a thread has."""

    id: str
    topic: str
    status: ThreadStatus
    created_at: str
    updated_at: str | None
    last_seq: int
    message_count: int
    waiting_agents: list[WaitingAgent]


class BriefThread(ThreadBase):
    """A thread in a list; `unread` is null for a caller that never read in it."""

    last_message: LastMessage | None
    participants: list[ParticipantItem]
    unread: int | None


class ThreadItem(BriefThread):
    """A thread in a list, with its system prompt."""

    system_prompt: str | None


class ThreadList(TypedDict):
    """A page of threads; `next_cursor` is the `before` of the next page, null on the last one."""

    threads: list[ThreadItem | BriefThread]
    total: int
    has_more: bool
    next_cursor: str | None


class ThreadSettings(TypedDict):
    """Who leads a thread and when the coordinator speaks; times in seconds."""

    thread_id: str
    auto_administrator_enabled: bool
    auto_coordinator_enabled: bool
    timeout_seconds: int
    switch_timeout_seconds: int
    last_activity_time: str
    auto_assigned_admin_id: str | None
    auto_assigned_admin_name: str | None
    auto_assigned_admin_emoji: str | None
    admin_assignment_time: str | None
    creator_admin_id: str | None
    creator_admin_name: str | None
    creator_admin_emoji: str | None
    creator_assignment_time: str | None
    created_at: str
    updated_at: str


class ThreadDetail(ThreadBase):
    """One thread; `archived_from` is the status to which an archived one returns."""

    system_prompt: str | None
    closed_at: str | None
    archived_from: ThreadStatus | None
    summary: str | None
    template_id: str | None
    metadata: dict[str, Any]
    settings: ThreadSettings


class ChangedThread(Ok):
    """What was asked for is done; `thread` is what the thread is now."""

    thread: ThreadDetail


class ClosedThread(ChangedThread):
    """A thread that is closed; `was_closed` says that it was closed before."""

    was_closed: bool


class DeletedThread(TypedDict):
    """What is left of a thread."""

    thread_id: str
    topic: str
    message_count: int


class Deleted(TypedDict):
    """A thread that is gone."""

    ok: Literal[True]
    deleted: DeletedThread


class Overview(TypedDict):
    """What a list shows of a thread besides the thread itself."""

    last_message: LastMessage | None
    participants: list[ParticipantItem]
    unread: int | None


class Wait(TypedDict):
    """An agent that is blocked in a wait."""

    thread_id: str
    agent_id: str
    display_name: str
    emoji: str
    entered_at: str
    timeout_ms: int
    waiting_for: list[str]


class OpenedThread(Sync):
    """A thread that was created, or found under its topic, with a reply token for the caller."""

    id: str
    topic: str
    status: ThreadStatus
    system_prompt: str | None
    template_id: str | None
    created_at: str
    created: bool
