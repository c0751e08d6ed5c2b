"""Edits, reactions and search as MCP clients see them."""

from __future__ import annotations

from html import escape
from typing import Any, NotRequired, Protocol

from typing_extensions import TypedDict

from agentchatbus.plugin_api import (
    BusError,
    Edited,
    EditHistory,
    Forbidden,
    Found,
    FoundPage,
    InvalidRequest,
    NotFound,
    Reacted,
    Rejected,
    Unauthenticated,
    isoformat,
)
from agentchatbus_mcp.presenters.base import Answer, Presenter, Shape, View


class EditShape(TypedDict):
    """Result of ``msg_edit``."""

    version: int
    msg_id: NotRequired[str]
    edited_at: NotRequired[str]
    edited_by: NotRequired[str]
    no_change: NotRequired[bool]


class HistoryShape(TypedDict):
    """Result of ``msg_edit_history``."""

    message_id: str
    current_content: str
    edit_version: int
    edits: list[dict[str, Any]]


class ReactionShape(TypedDict):
    """Result of ``msg_react``."""

    reaction_id: str
    message_id: str
    agent_id: str
    agent_name: str | None
    reaction: str
    created_at: str


class UnreactedShape(TypedDict):
    """Result of ``msg_unreact``."""

    removed: bool
    message_id: str
    reaction: str


class SearchShape(TypedDict):
    """Result of ``msg_search``."""

    results: list[dict[str, Any]]
    total: int
    query: str
    next_cursor: NotRequired[str]
    note: NotRequired[str]


class Unreacted(Protocol):
    """What ``msg_unreact`` returns."""

    removed: bool
    message_id: str
    reaction: str


def present_edit(edited: Edited, _view: View) -> Answer:
    """Answer with the new version."""
    message = edited.message
    if not edited.changed or message.edited_at is None:
        return Answer(structured={"no_change": True, "version": message.edit_version})
    return Answer(
        structured={
            "msg_id": message.id,
            "version": message.edit_version,
            "edited_at": isoformat(message.edited_at),
            "edited_by": edited.edited_by,
        }
    )


def present_history(history: EditHistory, _view: View) -> Answer:
    """Answer with the earlier texts, oldest first."""
    message = history.message
    edits = [
        {
            "version": edit.version,
            "old_content": edit.old_content,
            "edited_by": edit.edited_by,
            "created_at": isoformat(edit.created_at),
        }
        for edit in history.edits
    ]
    return Answer(
        structured={
            "message_id": message.id,
            "current_content": message.content,
            "edit_version": message.edit_version,
            "edits": edits,
        }
    )


def present_reaction(reacted: Reacted, _view: View) -> Answer:
    """Answer with the reaction, new or old."""
    reaction = reacted.reaction
    return Answer(
        structured={
            "reaction_id": reaction.id,
            "message_id": reaction.message_id,
            "agent_id": reaction.agent_id,
            "agent_name": reaction.agent_name,
            "reaction": reaction.reaction,
            "created_at": isoformat(reaction.created_at),
        }
    )


def present_unreacted(unreacted: Unreacted, _view: View) -> Answer:
    """Answer whether there was such a reaction."""
    return Answer(
        structured={
            "removed": unreacted.removed,
            "message_id": unreacted.message_id,
            "reaction": unreacted.reaction,
        }
    )


def present_found(page: FoundPage, view: View) -> Answer:
    """Answer with the messages found; the text around the marks is escaped."""
    results = [_found(found) for found in page.results]
    shape: dict[str, Any] = {"results": results, "total": len(results), "query": view.text("query")}
    if page.next_cursor is not None:
        shape["next_cursor"] = page.next_cursor
    if page.note is not None:
        shape["note"] = page.note
    return Answer(structured=shape)


def refuse_edit(error: BusError, _view: View) -> Shape | None:
    """Say why the text stays as it is."""
    if isinstance(error, Unauthenticated):
        return {"error": "AUTHENTICATION_REQUIRED", "detail": error.message}
    if isinstance(error, Rejected) and "pattern" in error.details:
        return {"error": f"{error.message}: {error.details['pattern']}"}
    if isinstance(error, NotFound | Forbidden | InvalidRequest):
        return {"error": error.message}
    return None


def refuse_history(error: BusError, view: View) -> Shape | None:
    """Say that there is no such message."""
    if isinstance(error, NotFound):
        return {"found": False, "message_id": view.text("message_id")}
    return {"error": error.message} if isinstance(error, InvalidRequest) else None


def refuse_reaction(error: BusError, view: View) -> Shape | None:
    """Say what is wrong with message or reaction."""
    if isinstance(error, NotFound):
        return {"error": "MESSAGE_NOT_FOUND", "message_id": view.text("message_id")}
    return {"error": error.message} if isinstance(error, InvalidRequest) else None


def refuse_search(error: BusError, _view: View) -> Shape | None:
    """Say what is wrong with the query."""
    return {"error": error.message} if isinstance(error, InvalidRequest) else None


def _found(found: Found) -> dict[str, Any]:
    message = found.message
    return {
        "message_id": message.id,
        "thread_id": message.thread_id,
        "thread_topic": found.topic,
        "author": message.author_name,
        "seq": message.seq,
        "created_at": isoformat(message.created_at),
        "snippet": _marked(found),
    }


def _marked(found: Found) -> str:
    """Return the snippet as HTML: everything escaped but the marks."""
    parts, position = [], 0
    for start, end in found.marks:
        parts.append(escape(found.snippet[position:start], quote=False))
        parts.append(f"<mark>{escape(found.snippet[start:end], quote=False)}</mark>")
        position = end
    return "".join([*parts, escape(found.snippet[position:], quote=False)])


PRESENTERS = {
    "msg_edit": Presenter(shape=EditShape, present=present_edit, refuse=refuse_edit),
    "msg_edit_history": Presenter(shape=HistoryShape, present=present_history, refuse=refuse_history),
    "msg_react": Presenter(shape=ReactionShape, present=present_reaction, refuse=refuse_reaction),
    "msg_unreact": Presenter(shape=UnreactedShape, present=present_unreacted, refuse=refuse_reaction),
    "msg_search": Presenter(shape=SearchShape, present=present_found, refuse=refuse_search),
}
