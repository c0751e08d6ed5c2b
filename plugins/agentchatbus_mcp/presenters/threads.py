"""Threads as MCP clients see them."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from agentchatbus.plugin_api import (
    BusError,
    InvalidRequest,
    NotFound,
    Thread,
    ThreadOpened,
    ThreadPage,
    Unauthenticated,
    isoformat,
)
from agentchatbus_mcp.presenters import texts
from agentchatbus_mcp.presenters.base import Answer, Presenter, Shape, View, sync_fields
from agentchatbus_mcp.presenters.messages import ReplyWindow


class OpenedShape(TypedDict):
    """Result of ``thread_create``."""

    thread_id: str
    topic: str
    status: str
    created: bool
    system_prompt: str | None
    template_id: str | None
    current_seq: int
    reply_token: str
    reply_window: ReplyWindow


class ListedThread(TypedDict):
    """A thread as ``thread_list`` lists it."""

    thread_id: str
    topic: str
    status: str
    created_at: str


class ThreadsShape(TypedDict):
    """Result of ``thread_list``."""

    threads: list[ListedThread]
    total: int
    has_more: bool
    next_cursor: str | None


class ThreadShape(ListedThread):
    """Result of ``thread_get``."""

    closed_at: str | None
    summary: str | None


def present_opened(opened: ThreadOpened, _view: View) -> Answer:
    """Answer with the thread and the token for its first post."""
    thread = opened.thread
    return Answer(
        structured={
            "thread_id": thread.id,
            "topic": thread.topic,
            "status": thread.status,
            "created": opened.created,
            "system_prompt": thread.system_prompt,
            "template_id": thread.template_id,
            **sync_fields(opened.sync),
        }
    )


def present_page(page: ThreadPage, _view: View) -> Answer:
    """Answer with one page of threads."""
    return Answer(
        structured={
            "threads": [listed_thread(thread) for thread in page.threads],
            "total": page.total,
            "has_more": page.next_cursor is not None,
            "next_cursor": page.next_cursor,
        }
    )


def present_thread(thread: Thread, _view: View) -> Answer:
    """Answer with one thread."""
    closed_at = isoformat(thread.closed_at) if thread.closed_at else None
    return Answer(structured={**listed_thread(thread), "closed_at": closed_at, "summary": thread.summary})


def listed_thread(thread: Thread) -> dict[str, Any]:
    """Return a thread as lists show it."""
    return {
        "thread_id": thread.id,
        "topic": thread.topic,
        "status": thread.status,
        "created_at": isoformat(thread.created_at),
    }


def refuse_create(error: BusError, view: View) -> Shape | None:
    """Say how to get what creating a thread needs."""
    if isinstance(error, NotFound) and error.details.get("kind") == "template":
        return {"error": f"Thread template '{error.details.get('id')}' not found."}
    if not isinstance(error, Unauthenticated):
        return None
    if view.text("agent_id") and view.text("token"):
        is_unknown = error.details.get("is_registered") is False
        text = "creator_agent_id must be a registered agent" if is_unknown else "Invalid agent token"
        return {"error": text, "hint": texts.TOKEN_HINT}
    return {
        "error": texts.CREDENTIALS_REQUIRED,
        "explanation": texts.CREDENTIALS_EXPLANATION,
        "credential_source": texts.CREDENTIAL_SOURCE,
        "how_to_fix": texts.HOW_TO_FIX,
        "alternative": texts.ALTERNATIVE,
    }


def refuse_list(error: BusError, _view: View) -> Shape | None:
    """Say that there is no list, and why."""
    if isinstance(error, InvalidRequest) and "errors" not in error.details:
        return {"error": "Failed to list threads", "details": error.message}
    return None


PRESENTERS = {
    "thread_create": Presenter(shape=OpenedShape, present=present_opened, refuse=refuse_create),
    "thread_list": Presenter(shape=ThreadsShape, present=present_page, refuse=refuse_list),
    "thread_get": Presenter(shape=ThreadShape, present=present_thread),
}
