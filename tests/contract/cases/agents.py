"""Agents: registered, alive, changed, gone."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import Case, detail, done, refused
from tests.contract.cases.threads import this
from tests.contract.shapes import AGENT_TOKEN, MOMENT, UUID
from tests.contract.worlds import MISSING, World

SKILLS = [{"id": "py", "name": "Python", "tags": ["x"]}]
NAMES = {"agent_id": UUID, "name": str, "display_name": str}
ACTIVE = {"last_activity": str, "last_activity_time": MOMENT}
REGISTERED = {
    **NAMES,
    "alias_source": "user",
    "token": AGENT_TOKEN,
    "capabilities": ["code"],
    "skills": SKILLS,
}
PROSE = {"thread_create_requirement": str, "thread_create_example": {"tool": "thread_create", "input": dict}}
ROW = {
    "id": UUID,
    "name": str,
    "display_name": str,
    "alias_source": str,
    "description": str,
    "ide": str,
    "model": str,
    "emoji": str,
    "capabilities": list,
    "skills": list,
    "is_online": bool,
    "last_heartbeat": MOMENT,
    **ACTIVE,
}
LISTED = {**{key: shape for key, shape in ROW.items() if key not in ("id", "emoji")}, "agent_id": UUID}
WRONG = "Invalid agent_id/token"


def introduction(w: World) -> dict[str, Any]:
    return {
        "ide": "Cursor",
        "model": w.mark,
        "display_name": f"Alias {w.mark}",
        "description": "d",
        "capabilities": ["code"],
        "skills": SKILLS,
    }


def named(w: World, **more: Any) -> dict[str, Any]:
    return {**w.nova.proof, **more}


def somebody(w: World) -> dict[str, Any]:
    assert w.nova
    return {}


def unproven(operation: str, mcp: Any, words: str = WRONG, **more: Any) -> tuple[Case, ...]:
    """Return the cases of a token that is wrong, and of an agent that is unknown."""
    return tuple(
        refused(
            operation,
            name,
            lambda w, who=who: {"agent_id": who or w.nova.id, "token": "f" * 64, **more},
            mcp=mcp,
            rest=401,
            answer=detail(words),
        )
        for name, who in (("a wrong token", None), ("an unknown agent", MISSING))
    )


CASES = (
    done(
        "agent_register",
        "with everything",
        introduction,
        mcp={
            **REGISTERED,
            "last_activity": "registered",
            "last_activity_time": MOMENT,
            **PROSE,
            "deprecation_info": {"status": "deprecated", "recommended_replacement": "bus_connect"},
        },
        rest=200,
        answer={**REGISTERED, "emoji": str},
    ),
    done(
        "agent_register",
        "with blanks",
        lambda w: {"ide": " ", "model": ""},
        mcp={"name": lambda name: name.startswith("Unknown IDE (Unknown Model)"), "alias_source": "auto"},
        rest=200,
        answer={"name": lambda name: name.startswith("Unknown IDE (Unknown Model)"), "alias_source": "auto"},
    ),
    refused(
        "agent_register",
        "without a model",
        lambda w: {"ide": "x"},
        mcp={"error": "INVALID_ARGUMENT", "detail": lambda text: "model" in text},
        rest=422,
        answer=detail([{"loc": ["body", "model"]}] if False else [{"loc": list, "type": "missing"}]),
    ),
    done("agent_heartbeat", "a sign of life", named, mcp={"ok": True}, rest=200, answer={"ok": True}),
    *unproven("agent_heartbeat", {"ok": False}),
    done(
        "agent_resume",
        "back again",
        named,
        mcp={
            "ok": True,
            **NAMES,
            "alias_source": str,
            "is_online": True,
            "last_heartbeat": MOMENT,
            "last_activity": "resume",
            "last_activity_time": MOMENT,
            **PROSE,
        },
        rest=200,
        answer={"ok": True, **NAMES, "alias_source": str, "emoji": str, "is_online": True, "last_heartbeat": MOMENT},
    ),
    *unproven("agent_resume", {"ok": False, "error": WRONG}),
    done("agent_unregister", "goodbye", named, mcp={"ok": True}, rest=200, answer={"ok": True}),
    *unproven("agent_unregister", {"ok": False}),
    done(
        "agent_update",
        "says something else",
        lambda w: named(w, description="new", capabilities=["z"]),
        mcp={
            "ok": True,
            **NAMES,
            "description": "new",
            "capabilities": ["z"],
            "skills": [],
            "last_activity": "update",
            "last_activity_time": MOMENT,
        },
        rest=200,
        answer={
            "ok": True,
            **NAMES,
            "emoji": str,
            "description": "new",
            "capabilities": ["z"],
            "skills": [],
            "last_activity": "update",
        },
    ),
    refused(
        "agent_update",
        "a wrong token",
        lambda w: {"agent_id": w.nova.id, "token": "f" * 64},
        mcp={"ok": False, "error": "Invalid token for agent_update"},
        rest=401,
        answer=detail("Invalid token for agent_update"),
    ),
    refused(
        "agent_update",
        "an unknown agent",
        lambda w: {"agent_id": MISSING, "token": "f" * 64},
        mcp={"ok": False, "error": f"Agent not found: {MISSING}"},
        rest=404,
        answer=detail(f"Agent not found: {MISSING}"),
    ),
    done(
        "agent_list",
        "all",
        somebody,
        mcp={"agents": [LISTED]},
        rest=200,
        answer=[{**ROW, "is_sse_connected": bool}],
    ),
    done("agent_get", "one", lambda w: {"agent": w.nova.id}, rest=200, answer={**ROW, "registered_at": MOMENT}),
    refused("agent_get", "an unknown one", lambda w: {"agent": MISSING}, rest=404, answer=detail("Agent not found")),
    done(
        "agent_set_typing",
        "begins",
        lambda w: {**this(w), "is_typing": True},
        caller="nova",
        mcp={"ok": True},
        rest=200,
        answer={"ok": True},
    ),
    refused(
        "agent_set_typing",
        "no word",
        this,
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=422,
        answer=detail([{"loc": list}]),
    ),
    done(
        "agent_kick",
        "by a person",
        lambda w: {"agent": w.nova.id},
        rest=200,
        answer={
            "ok": True,
            "agent_id": UUID,
            "agent_name": str,
            "threads_interrupted": [],
            "sessions_disconnected_count": 0,
            "message": str,
        },
    ),
    refused("agent_kick", "an unknown one", lambda w: {"agent": MISSING}, rest=404, answer=detail("Agent not found")),
    refused(
        "agent_kick",
        "by an agent",
        rest_given=lambda w: {"agent": w.nova.id},
        rest_caller="orion",
        rest=403,
        answer=detail(str),
    ),
    done(
        "bus_get_config",
        "everything",
        mcp={
            "preferred_language": "English",
            "language_source": "default",
            "language_note": str,
            "bus_name": "AgentChatBus",
            "version": str,
            "endpoint": lambda url: url.startswith("http://127.0.0.1:"),
            "auth_requirements": {"mcp_thread_create": dict, "rest_thread_create": dict},
            "recommended_workflow": {"join_or_create_thread": {"tool": "bus_connect", "input": dict, "note": str}},
        },
        rest=200,
        answer={"version": str, "endpoint": str},
    ),
)
