"""Messages: read and waited for."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import detail, done, refused
from tests.contract.cases.message_shapes import LISTED, NOT_FOUND, ROW, WAITED
from tests.contract.cases.threads import this
from tests.contract.shapes import SYNC, UUID, Maybe
from tests.contract.worlds import MISSING, World


def spoken(w: World) -> dict[str, Any]:
    """Have a message, and one that agents do not see."""
    assert w.message
    assert w.hidden
    return this(w)


CASES = (
    done(
        "msg_list",
        "as JSON",
        lambda w: {**spoken(w), "return_format": "json", "include_system_prompt": False},
        mcp={"messages": [LISTED]},
        rest=200,
        answer=[{**ROW, "author_id": Maybe(str)}],
    ),
    done(
        "msg_list",
        "with the prompt",
        lambda w: {**spoken(w), "return_format": "json", "include_system_prompt": True},
        mcp={"messages": lambda found: found[0]["msg_id"] == f"sys-{found[0]['msg_id'][4:]}" and found[0]["seq"] == 0},
        rest=200,
        answer=lambda found: found[0]["id"].startswith("sys-") and found[0]["author_name"] == "System",
    ),
    done(
        "msg_list",
        "by priority",
        lambda w: (
            w.say("now", priority="urgent"),
            {**spoken(w), "priority": "urgent", "return_format": "json", "include_system_prompt": False},
        )[1],
        mcp={"messages": lambda found: [item["content"] for item in found] == ["now"]},
        rest=200,
        answer=lambda found: [item["content"] for item in found] == ["now"],
    ),
    done(
        "msg_list",
        "nothing",
        lambda w: {**spoken(w), "limit": 0, "return_format": "json", "include_system_prompt": False},
        mcp={"messages": []},
        rest=200,
        answer=[],
    ),
    done(
        "msg_list",
        "what is for people",
        lambda w: {**spoken(w), "after_seq": 1, "return_format": "json"},
        mcp={
            "messages": [
                {
                    "content": "[human-only content hidden]",
                    "metadata": {
                        "visibility": "human_only",
                        "content_hidden": True,
                        "content_hidden_reason": "human_only",
                    },
                }
            ]
        },
        rest=200,
        answer=[{"content": lambda text: text.startswith("secret plan")}],
    ),
    refused(
        "msg_list",
        "a priority that is none",
        lambda w: {**this(w), "priority": "x"},
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=400,
        answer=detail("Invalid priority filter 'x'"),
    ),
    refused(
        "msg_list",
        "an unknown thread",
        lambda w: {"thread_id": MISSING},
        mcp=NOT_FOUND,
        rest=404,
        answer=detail("Thread not found"),
    ),
    done(
        "msg_get",
        "one",
        lambda w: {"message_id": w.message},
        mcp={
            "found": True,
            "message": {**LISTED, "thread_id": UUID, "metadata": {"foo": "bar"}, "edited_at": None, "edit_version": 0},
        },
        rest=200,
        answer={**ROW, "metadata": {"foo": "bar"}, "thread_id": UUID},
    ),
    refused(
        "msg_get",
        "an unknown one",
        lambda w: {"message_id": MISSING},
        mcp={"found": False, "message": None},
        rest=404,
        answer=detail(f"Message '{MISSING}' not found"),
    ),
    done(
        "msg_wait",
        "what is there",
        lambda w: {**spoken(w), "after_seq": 0, "return_format": "json"},
        caller="nova",
        mcp={"messages": [WAITED], **SYNC, "current_seq": 2},
        rest=200,
        answer={"messages": [ROW], **SYNC},
    ),
    done(
        "msg_wait",
        "nothing comes",
        lambda w: {**this(w), "after_seq": 0, "timeout_ms": 1, "return_format": "json"},
        caller="nova",
        mcp={"messages": [], **SYNC, "current_seq": 0},
        rest=200,
        answer={"messages": [], **SYNC},
    ),
    done(
        "msg_wait",
        "without a name",
        lambda w: {**this(w), "after_seq": 0, "timeout_ms": 0, "return_format": "json"},
        mcp={"messages": [], **SYNC},
        rest=200,
        answer={"messages": [], **SYNC},
    ),
    done(
        "msg_wait",
        "only what is handed over",
        lambda w: (
            w.say("for all"),
            w.say("for you", metadata={"handoff_target": w.nova.id}),
            {**this(w), "after_seq": 0, "for_agent": w.nova.id, "return_format": "json"},
        )[2],
        caller="nova",
        mcp={"messages": lambda found: [item["content"] for item in found] == ["for you"], **SYNC},
        rest=200,
        answer={"messages": lambda found: [item["content"] for item in found] == ["for you"]},
    ),
    refused(
        "msg_wait",
        "half a proof",
        lambda w: {**this(w), "after_seq": 0, "agent_id": w.nova.id},
        mcp={"error": "InvalidCredentials", "detail": str},
        rest=401,
        answer=detail(str),
    ),
    refused(
        "msg_wait",
        "a wrong proof",
        lambda w: {**this(w), "after_seq": 0, "agent_id": w.nova.id, "token": "f" * 64},
        mcp={"error": "InvalidCredentials", "detail": str},
        rest=401,
        answer=detail(str),
    ),
    refused(
        "msg_wait",
        "an unknown thread",
        lambda w: {"thread_id": MISSING, "after_seq": 0},
        mcp=NOT_FOUND,
        rest=404,
        answer=detail("Thread not found"),
    ),
)
