"""What becomes of threads, as MCP clients see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict

from agentchatbus.plugin_api import (
    BusError,
    Closed,
    DeletedThread,
    Forbidden,
    InvalidRequest,
    NotFound,
    Thread,
    Unauthenticated,
    WaitState,
    isoformat,
)
from agentchatbus_mcp.presenters.base import Answer, Presenter, Shape, View

NOT_FOUND = {"error": "Thread not found"}


class DeletedShape(TypedDict):
    """Result of ``thread_delete``."""

    ok: bool
    deleted: dict[str, Any]


class StatusShape(TypedDict):
    """Result of a change of state."""

    ok: bool
    thread_id: str
    status: str
    summary: NotRequired[str | None]


class MeetingShape(TypedDict):
    """Result of ``close_meeting``."""

    ok: bool
    thread_id: str
    status: str
    already_closed: bool
    closed_sessions_count: int


class SettingsShape(TypedDict):
    """Result of ``thread_settings_get``."""

    thread_id: str
    auto_administrator_enabled: bool
    timeout_seconds: int
    switch_timeout_seconds: int
    auto_assigned_admin_id: str | None
    auto_assigned_admin_name: str | None


class SettingsUpdatedShape(TypedDict):
    """Result of ``thread_settings_update``."""

    ok: bool
    auto_administrator_enabled: bool
    timeout_seconds: int
    switch_timeout_seconds: int


class WaitsShape(TypedDict):
    """Result of ``thread_wait_state_get``."""

    thread_id: str
    agents_waiting: list[dict[str, Any]]
    count: int


def present_deleted(deleted: DeletedThread, _view: View) -> Answer:
    """Answer with what is gone."""
    gone = {"thread_id": deleted.thread_id, "topic": deleted.topic, "message_count": deleted.message_count}
    return Answer(structured={"ok": True, "deleted": gone})


def present_status(thread: Thread, _view: View) -> Answer:
    """Answer with the new state."""
    return Answer(structured={"ok": True, "thread_id": thread.id, "status": thread.status})


def present_closed(closed: Closed, _view: View) -> Answer:
    """Answer with the closed thread."""
    thread = closed.thread
    return Answer(structured={"ok": True, "thread_id": thread.id, "status": thread.status, "summary": thread.summary})


def present_meeting(closed: Closed, _view: View) -> Answer:
    """Answer whether the meeting was over before; the bus runs no sessions of agents that it could end."""
    return Answer(
        structured={
            "ok": True,
            "thread_id": closed.thread.id,
            "status": closed.thread.status,
            "already_closed": closed.was_closed,
            "closed_sessions_count": 0,
        }
    )


def present_settings(thread: Thread, _view: View) -> Answer:
    """Answer with the settings and the administrator that was chosen later."""
    admin = thread.settings.auto_assigned_admin
    return Answer(
        structured={
            "thread_id": thread.id,
            **_values(thread),
            "auto_assigned_admin_id": admin.agent_id if admin else None,
            "auto_assigned_admin_name": admin.name if admin else None,
        }
    )


def present_settings_updated(thread: Thread, _view: View) -> Answer:
    """Answer with the settings in force."""
    return Answer(structured={"ok": True, **_values(thread)})


def present_waits(states: Sequence[WaitState], view: View) -> Answer:
    """Answer with who waits in the thread."""
    waiting = [
        {
            "agent_id": state.agent_id,
            "entered_at": isoformat(state.entered_at),
            "timeout_ms": state.timeout_ms,
            "wait_call_id": state.call_id,
            "waiting_for": list(state.waiting_for),
        }
        for state in states
    ]
    return Answer(structured={"thread_id": view.text("thread_id"), "agents_waiting": waiting, "count": len(waiting)})


def refuse_thread(error: BusError, _view: View) -> Shape | None:
    """Say that there is no such thread."""
    return NOT_FOUND if isinstance(error, NotFound) and error.details.get("kind") == "thread" else None


def refuse_delete(error: BusError, view: View) -> Shape | None:
    """Say that nobody confirmed, or that there is no such thread."""
    if isinstance(error, InvalidRequest) and error.details.get("field") == "confirm":
        return {"error": error.message}
    return refuse_thread(error, view)


def refuse_meeting(error: BusError, _view: View) -> Shape | None:
    """Say in one word why the meeting goes on."""
    codes = {Unauthenticated: "AUTHENTICATION_REQUIRED", Forbidden: "FORBIDDEN", NotFound: "THREAD_NOT_FOUND"}
    code = codes.get(type(error))
    return {"error": code, "detail": error.message} if code else None


def _values(thread: Thread) -> dict[str, Any]:
    settings = thread.settings
    return {
        "auto_administrator_enabled": settings.auto_administrator_enabled,
        "timeout_seconds": settings.timeout_seconds,
        "switch_timeout_seconds": settings.switch_timeout_seconds,
    }


_STATUS = Presenter(shape=StatusShape, present=present_status, refuse=refuse_thread)

PRESENTERS = {
    "thread_delete": Presenter(shape=DeletedShape, present=present_deleted, refuse=refuse_delete),
    "thread_set_state": _STATUS,
    "thread_archive": _STATUS,
    "thread_unarchive": _STATUS,
    "thread_close": Presenter(shape=StatusShape, present=present_closed, refuse=refuse_thread),
    "close_meeting": Presenter(shape=MeetingShape, present=present_meeting, refuse=refuse_meeting),
    "thread_settings_get": Presenter(shape=SettingsShape, present=present_settings, refuse=refuse_thread),
    "thread_settings_update": Presenter(
        shape=SettingsUpdatedShape, present=present_settings_updated, refuse=refuse_thread
    ),
    "thread_wait_state_get": Presenter(shape=WaitsShape, present=present_waits, refuse=refuse_thread),
}
