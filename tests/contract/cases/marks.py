"""Edits, reactions, search."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import detail, done, refused
from tests.contract.shapes import MOMENT, UUID
from tests.contract.worlds import KEY, MISSING, World

EDITED = {"msg_id": UUID, "version": 1, "edited_at": MOMENT, "edited_by": str}
REACTION = {"message_id": UUID, "agent_id": UUID, "agent_name": str, "reaction": "agree", "created_at": MOMENT}
FOUND = {
    "message_id": UUID,
    "thread_id": UUID,
    "thread_topic": str,
    "author": str,
    "seq": int,
    "created_at": MOMENT,
    "snippet": lambda text: "<mark>" in text,
}


def edit(w: World, content: str = "better") -> dict[str, Any]:
    return {"message_id": w.message, "new_content": content}


def reaction(w: World, **more: Any) -> dict[str, Any]:
    return {"message_id": w.message, "reaction": "agree", **more}


def edited(w: World) -> dict[str, Any]:
    w.site.ask("PUT", f"/api/messages/{w.message}", json={"content": "better", "edited_by": "human"})
    return {"message_id": w.message}


def system_message(w: World) -> str:
    """Return the id of what the bus itself said when the meeting ended."""
    w.site.ask("POST", f"/api/threads/{w.thread}/close-meeting", token=w.nova.token, json={"agent_id": w.nova.id})
    said = w.site.ask("GET", f"/api/threads/{w.thread}/messages")
    return str(next(item["id"] for item in said if item["role"] == "system"))


CASES = (
    done("msg_edit", "by its author", edit, caller="nova", mcp=EDITED, rest=200, answer=EDITED),
    done("msg_edit", "by a person", edit, caller="operator", mcp=EDITED, rest=200, answer=EDITED),
    done(
        "msg_edit",
        "the same text",
        lambda w: edit(w, f"hello world {w.mark}"),
        caller="nova",
        mcp={"no_change": True, "version": 0},
        rest=200,
        answer={"no_change": True, "version": 0},
    ),
    refused(
        "msg_edit",
        "no text",
        lambda w: edit(w, " "),
        caller="nova",
        mcp={"error": "message_id and new_content are required"},
        rest=400,
        answer=detail("content must not be empty"),
    ),
    refused(
        "msg_edit",
        "by nobody over REST",
        rest=400,
        rest_given=lambda w: {"message_id": w.message, "content": "x", "edited_by": " "},
        answer=detail("edited_by must not be empty"),
    ),
    refused(
        "msg_edit",
        "an unknown message",
        lambda w: {"message_id": MISSING, "new_content": "x"},
        caller="nova",
        mcp={"error": f"Message '{MISSING}' not found"},
        rest=404,
        answer=detail(f"Message '{MISSING}' not found"),
    ),
    refused(
        "msg_edit",
        "by another agent",
        edit,
        caller="orion",
        mcp={"error": lambda text: text.startswith("Only the original author ('")},
        rest=403,
        answer=detail(lambda text: text.endswith("') or 'system' can edit this message")),
    ),
    refused("msg_edit", "by nobody", edit, is_alone=True, mcp={"error": "AUTHENTICATION_REQUIRED", "detail": str}),
    refused(
        "msg_edit",
        "what the bus said",
        lambda w: {"message_id": system_message(w), "new_content": "x"},
        caller="nova",
        mcp={"error": "System messages cannot be edited"},
        rest=403,
        answer=detail("System messages cannot be edited"),
    ),
    refused(
        "msg_edit",
        "a key",
        lambda w: edit(w, KEY),
        caller="nova",
        mcp={"error": "Content blocked by filter: AWS Access Key ID"},
        rest=400,
        answer=detail(lambda found: "AWS Access Key ID" in str(found)),
    ),
    done(
        "msg_edit_history",
        "one edit",
        edited,
        mcp={
            "message_id": UUID,
            "current_content": "better",
            "edit_version": 1,
            "edits": [{"version": 1, "old_content": str, "edited_by": str, "created_at": MOMENT}],
        },
        rest=200,
        answer={
            "message_id": UUID,
            "current_content": "better",
            "edit_version": 1,
            "edits": [{"version": 1, "old_content": str, "edited_by": str, "created_at": MOMENT}],
        },
    ),
    refused(
        "msg_edit_history",
        "an unknown message",
        lambda w: {"message_id": MISSING},
        mcp={"found": False, "message_id": MISSING},
        rest=404,
        answer=detail(f"Message '{MISSING}' not found"),
    ),
    refused("msg_edit_history", "no message", lambda w: {"message_id": " "}, mcp={"error": "message_id is required"}),
    done(
        "msg_react",
        "once",
        reaction,
        caller="nova",
        mcp={"reaction_id": UUID, **REACTION},
        rest=201,
        rest_given=lambda w: reaction(w, agent_id=w.nova.id),
        answer={"id": UUID, **REACTION},
    ),
    done(
        "msg_react",
        "as a person",
        rest=201,
        rest_given=lambda w: reaction(w, agent_id="human", reaction=" 👍 "),
        answer={"agent_id": "human", "agent_name": lambda _: True, "reaction": "👍"},
    ),
    refused(
        "msg_react",
        "with nothing",
        lambda w: reaction(w, reaction=" "),
        caller="nova",
        mcp={"error": "Reaction must be a non-empty string"},
        rest=400,
        answer=detail("Reaction must be a non-empty string"),
    ),
    refused(
        "msg_react",
        "to nothing",
        lambda w: {"message_id": MISSING, "reaction": "x"},
        caller="nova",
        mcp={"error": "MESSAGE_NOT_FOUND", "message_id": MISSING},
        rest=404,
        answer=detail(f"Message '{MISSING}' not found"),
    ),
    done(
        "msg_unreact",
        "what was never there",
        reaction,
        caller="nova",
        mcp={"removed": False, "message_id": UUID, "reaction": "agree"},
        rest=200,
        rest_given=lambda w: reaction(w, agent_id=w.nova.id),
        answer={"removed": False, "message_id": UUID, "reaction": "agree", "agent_id": UUID},
    ),
    done(
        "msg_unreact",
        "from nothing",
        lambda w: {"message_id": MISSING, "reaction": "x"},
        caller="nova",
        mcp={"removed": False, "message_id": MISSING, "reaction": "x"},
        rest=200,
        answer={"removed": False, "message_id": MISSING, "reaction": "x"},
    ),
    refused(
        "msg_unreact", "by nobody", reaction, mcp={"error": "AUTHENTICATION_REQUIRED", "detail": str}, is_alone=True
    ),
    done("reaction_list", "none", lambda w: {"message_id": w.message}, rest=200, answer=[]),
    refused(
        "reaction_list",
        "of nothing",
        lambda w: {"message_id": MISSING},
        rest=404,
        answer=detail(f"Message '{MISSING}' not found"),
    ),
    done(
        "msg_search",
        "a word",
        lambda w: (w.message, {"query": w.mark, "thread_id": w.thread, "limit": 5})[1],
        mcp={"results": [FOUND], "total": 1, "query": str},
        rest=200,
        answer={"results": [FOUND], "total": 1, "query": str},
    ),
    done(
        "msg_search",
        "a word that nobody said",
        lambda w: {"query": f"un{w.mark}"},
        mcp={"results": [], "total": 0, "query": str},
        rest=200,
        answer={"results": [], "total": 0, "query": str},
    ),
    done(
        "msg_search",
        "only agents may not see what is for people",
        lambda w: (w.hidden, {"query": w.mark, "thread_id": w.thread})[1],
        mcp={"results": [], "total": 0},
        rest=200,
        answer={"results": [FOUND]},
    ),
    refused(
        "msg_search",
        "nothing",
        lambda w: {"query": " "},
        mcp={"error": "query must not be empty"},
        rest=400,
        answer=detail("Query parameter 'q' must not be empty"),
    ),
    refused(
        "msg_search",
        "without a query",
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=422,
        answer=detail([{"loc": list}]),
    ),
)
