"""Threads: made, read."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import Case, detail, done, refused
from tests.contract.shapes import MOMENT, SYNC, UUID, Maybe
from tests.contract.worlds import KEY, MISSING, World

NOT_FOUND = {"error": "Thread not found"}
LISTED = {"thread_id": UUID, "topic": str, "status": str, "created_at": MOMENT}
CREATED = {"thread_id": UUID, "topic": str, "status": "discuss", "system_prompt": None, "template_id": None, **SYNC}
ROW = {"id": UUID, "topic": str, "status": str, "created_at": MOMENT}
SETTINGS = {
    "thread_id": UUID,
    "auto_administrator_enabled": bool,
    "timeout_seconds": int,
    "switch_timeout_seconds": int,
    "auto_assigned_admin_id": None,
    "auto_assigned_admin_name": None,
}
REST_SETTINGS = {
    **SETTINGS,
    "auto_coordinator_enabled": bool,
    "last_activity_time": MOMENT,
    "auto_assigned_admin_emoji": None,
    "admin_assignment_time": None,
    "creator_admin_id": UUID,
    "creator_admin_name": str,
    "creator_admin_emoji": str,
    "creator_assignment_time": MOMENT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}


def this(w: World) -> dict[str, Any]:
    return {"thread_id": w.thread}


def unknown(_: World) -> dict[str, Any]:
    return {"thread_id": MISSING}


def closed(w: World) -> dict[str, Any]:
    w.close()
    return this(w)


def archived(w: World) -> dict[str, Any]:
    w.site.ask("POST", f"/api/threads/{w.thread}/state", json={"state": "review"})
    w.site.ask("POST", f"/api/threads/{w.thread}/archive")
    return this(w)


def missing(operation: str, **arguments: Any) -> Case:
    """Return the case of a thread that does not exist."""
    return refused(
        operation,
        "an unknown thread",
        lambda w: {"thread_id": MISSING, **arguments},
        caller="operator",
        mcp={"error": "THREAD_NOT_FOUND", "detail": str} if operation == "close_meeting" else NOT_FOUND,
        rest=404,
        answer=detail("Thread not found"),
    )


CREATION = (
    done(
        "thread_create",
        "a new topic",
        lambda w: {"topic": w.mark},
        caller="nova",
        mcp=CREATED,
        rest=201,
        answer={
            "id": UUID,
            "topic": str,
            "status": "discuss",
            "system_prompt": None,
            "template_id": None,
            "created_at": MOMENT,
            "created": True,
            **SYNC,
        },
    ),
    done(
        "thread_create",
        "a topic that exists",
        lambda w: {"topic": w.opened["topic"], "system_prompt": "late"},
        caller="nova",
        mcp={**CREATED, "created": False},
        rest=200,
        answer={"id": UUID, "created": False, **SYNC},
    ),
    done(
        "thread_create",
        "a person",
        rest=201,
        rest_given=lambda w: {"topic": w.mark, "creator_agent_id": "human"},
        answer={"id": UUID, "topic": str, "status": "discuss", "created": True, **SYNC},
    ),
    done(
        "thread_create",
        "a template",
        lambda w: {"topic": w.mark, "template": w.template},
        caller="nova",
        mcp={**CREATED, "system_prompt": "Be brief.", "template_id": str},
        rest=201,
        answer={"system_prompt": "Be brief.", "template_id": str},
    ),
    done(
        "thread_create",
        "a prompt beats its template",
        lambda w: {"topic": w.mark, "template": "code-review", "system_prompt": "", "metadata": {"a": 1}},
        caller="nova",
        mcp={**CREATED, "system_prompt": "", "template_id": "code-review"},
        rest=201,
        answer={"system_prompt": "", "template_id": "code-review"},
    ),
    refused(
        "thread_create",
        "no proof",
        lambda w: {"topic": w.mark},
        is_alone=True,
        mcp={
            "error": "thread_create requires explicit agent_id and token in input",
            "explanation": str,
            "credential_source": {"from_agent_register": str, "from_agent_resume": str},
            "how_to_fix": [{"tool": str, "input": dict, "note": str}],
            "alternative": [dict],
        },
        rest=401,
        rest_given=lambda w: {"topic": w.mark, "creator_agent_id": w.nova.id},
        answer=detail("X-Agent-Token header required to create thread as a registered agent"),
    ),
    refused(
        "thread_create",
        "an unknown agent",
        lambda w: {"topic": w.mark, "agent_id": MISSING, "token": w.nova.token},
        mcp={"error": "creator_agent_id must be a registered agent", "hint": str},
        rest=401,
        answer=detail("creator_agent_id must be a registered agent"),
    ),
    refused(
        "thread_create",
        "a wrong token",
        lambda w: {"topic": w.mark, "agent_id": w.nova.id, "token": "f" * 64},
        mcp={"error": "Invalid agent token", "hint": str},
        rest=401,
        answer=detail("Invalid agent token"),
    ),
    refused(
        "thread_create",
        "an empty creator",
        rest=401,
        rest_given=lambda w: {"topic": w.mark, "creator_agent_id": ""},
        rest_caller="nova",
        answer=detail("creator_agent_id is required"),
    ),
    refused(
        "thread_create",
        "an unknown template",
        lambda w: {"topic": w.mark, "template": "nope"},
        caller="nova",
        mcp={"error": "Thread template 'nope' not found."},
        rest=404,
        answer=detail("Thread template 'nope' not found."),
    ),
    refused(
        "thread_create",
        "no topic",
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=422,
        answer=detail([{"type": str, "loc": list, "msg": str}]),
    ),
    refused(
        "thread_create",
        "an empty topic",
        lambda w: {"topic": " "},
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=400,
        answer=detail(str),
    ),
    refused(
        "thread_create",
        "a key in the prompt",
        lambda w: {"topic": w.mark, "system_prompt": KEY},
        caller="nova",
        mcp={"error": "system_prompt blocked by content filter", "pattern": "AWS Access Key ID"},
        rest=400,
        answer=detail({"error": "system_prompt blocked by content filter", "pattern": "AWS Access Key ID"}),
    ),
)

READING = (
    done(
        "thread_list",
        "all",
        this,
        mcp={"threads": [LISTED], "total": int, "has_more": bool, "next_cursor": Maybe(str)},
        rest=200,
        answer={"threads": [ROW], "total": int, "has_more": bool, "next_cursor": Maybe(str)},
    ),
    done(
        "thread_list",
        "by state, page by page",
        lambda w: (w.thread, {"status": "discuss", "limit": 1})[1],
        mcp={"threads": [{**LISTED, "status": "discuss"}], "total": int},
        rest=200,
        answer={"threads": [ROW]},
    ),
    refused(
        "thread_list",
        "a cursor that is none",
        lambda w: {"before": "yesterday"},
        mcp={"error": str, "details": str},
        rest=400,
        answer=detail("Invalid 'before' cursor: must be an ISO datetime string"),
    ),
    refused(
        "thread_list",
        "a limit that is no number",
        lambda w: {"limit": "many"},
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=422,
        answer=detail([{"type": str, "loc": list}]),
    ),
    done(
        "thread_get",
        "one that is closed",
        closed,
        mcp={**LISTED, "status": "closed", "closed_at": MOMENT, "summary": "bye"},
        rest=200,
        answer={**ROW, "status": "closed", "closed_at": MOMENT, "summary": "bye"},
    ),
    missing("thread_get"),
    done(
        "thread_overview",
        "one",
        this,
        rest=200,
        answer={"last_message": None, "participants": list, "unread": Maybe(int)},
    ),
    missing("thread_overview"),
    done(
        "thread_agents",
        "the creator takes part",
        this,
        rest=200,
        answer=[
            {"id": UUID, "name": str, "display_name": str, "emoji": str, "is_online": bool, "is_sse_connected": bool}
        ],
    ),
    missing("thread_agents"),
    done("thread_mark_read", "a person", lambda w: {**this(w), "seq": 0}, rest=204),
    missing("thread_mark_read", seq=1),
    done("sync_context", "nobody's", this, rest=200, answer=SYNC),
    done(
        "sync_context",
        "an agent's",
        this,
        rest_given=lambda w: {**this(w), "agent_id": w.nova.id},
        rest_caller="nova",
        rest=200,
        answer=SYNC,
    ),
    missing("sync_context"),
)

CASES = (*CREATION, *READING)
