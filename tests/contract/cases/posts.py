"""Messages: posted."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import Case, detail, done, refused
from tests.contract.cases.message_shapes import NOT_FOUND, POSTED
from tests.contract.cases.threads import this
from tests.contract.shapes import MOMENT, SYNC, UUID
from tests.contract.worlds import KEY, MISSING, World

REMINDED = {"REMINDER": str, "action": "CALL_MSG_WAIT"}
AGAIN = {"action": "CALL_SYNC_CONTEXT_THEN_RETRY"}
MISSED = {
    "msg_id": UUID,
    "seq": int,
    "author": str,
    "role": str,
    "content": str,
    "created_at": MOMENT,
}


def post(w: World, **more: Any) -> dict[str, Any]:
    """Return the arguments of a post that is in order."""
    return {**this(w), "author": w.nova.id, "content": f"hi {w.mark}", **w.sync(w.nova), **more}


def invalid(name: str, words: str, **more: Any) -> Case:
    """Return the case of a post with a value that cannot be."""
    return refused(
        "msg_post",
        name,
        lambda w: post(w, **{key: value(w) if callable(value) else value for key, value in more.items()}),
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": lambda text: words in text},
        rest=400,
        answer=detail(lambda text: words in str(text)),
    )


def behind(w: World) -> dict[str, Any]:
    sync = w.sync(w.nova)
    w.say("you missed this")
    return {**this(w), "author": w.nova.id, "content": "late", **sync}


CASES = (
    done(
        "msg_post",
        "as a well-behaved agent",
        post,
        caller="nova",
        mcp={"msg_id": UUID, "seq": 1, "reply_to_msg_id": None, "priority": "normal", **SYNC},
        rest=201,
        answer={**POSTED, "author_id": UUID, "role": "user"},
    ),
    done(
        "msg_post",
        "proven by its reply token alone",
        post,
        is_alone=True,
        mcp={"msg_id": UUID, "seq": 1},
    ),
    done(
        "msg_post",
        "with all that can be said",
        lambda w: (
            post(
                w,
                role="assistant",
                priority="urgent",
                mentions=[w.orion.id],
                reply_to_msg_id=w.message,
                metadata={"handoff_target": w.orion.id, "stop_reason": "convergence"},
            )
            | w.sync(w.nova)
        ),
        caller="nova",
        mcp={
            "msg_id": UUID,
            "seq": int,
            "reply_to_msg_id": UUID,
            "priority": "urgent",
            "handoff_target": UUID,
            "stop_reason": "convergence",
            **SYNC,
        },
        rest=201,
        answer={**POSTED, "role": "assistant", "priority": "urgent", "reply_to_msg_id": UUID, "metadata": str},
    ),
    done(
        "msg_post",
        "as a person with nothing but a text",
        rest=201,
        rest_given=lambda w: {**this(w), "content": "Hello team"},
        answer={
            **POSTED,
            "author": "human",
            "author_id": None,
            "author_name": "human",
            "author_emoji": "👤",
            "role": "user",
            "metadata": None,
        },
    ),
    refused(
        "msg_post",
        "without sync fields",
        lambda w: post(w, expected_last_seq=None, reply_token=None),
        caller="nova",
        mcp={
            "error": "MissingSyncFieldsError",
            **REMINDED,
            "detail": "Missing required sync fields: expected_last_seq, reply_token",
        },
    ),
    refused(
        "msg_post",
        "a reply token that is none",
        lambda w: post(w, reply_token="x" * 32),
        caller="nova",
        mcp={"error": "ReplyTokenInvalidError", "detail": "TOKEN_INVALID", **REMINDED},
        rest=400,
        answer=detail({"error": "TOKEN_INVALID", **AGAIN}),
    ),
    refused(
        "msg_post",
        "a reply token of another thread",
        lambda w: post(w, reply_token=w.sync(w.nova, w.other_thread)["reply_token"]),
        caller="nova",
        mcp={"error": "ReplyTokenInvalidError", "detail": "TOKEN_INVALID", **REMINDED},
        rest=400,
        answer=detail({"error": "TOKEN_INVALID", **AGAIN}),
    ),
    refused(
        "msg_post",
        "a reply token of another agent",
        lambda w: post(w, **w.sync(w.orion)),
        caller="nova",
        mcp={"error": "ReplyTokenInvalidError", "detail": "TOKEN_INVALID", **REMINDED},
        rest=400,
        answer=detail({"error": "TOKEN_INVALID", **AGAIN}),
    ),
    refused(
        "msg_post",
        "a used reply token",
        lambda w: post(w, **w.used_token),
        caller="nova",
        mcp={"error": "ReplyTokenReplayError", "detail": "TOKEN_REPLAY", "consumed_at": MOMENT, **REMINDED},
        rest=400,
        answer=detail({"error": "TOKEN_REPLAY", "consumed_at": MOMENT, **AGAIN}),
    ),
    refused(
        "msg_post",
        "out of sync",
        behind,
        caller="nova",
        mcp={
            "error": "SeqMismatchError",
            "detail": "SEQ_MISMATCH: expected_last_seq=0, current_seq=1",
            "expected_last_seq": 0,
            "current_seq": 1,
            "CRITICAL_REMINDER": str,
            "new_messages_1st_read": [MISSED],
            "action": "READ_MESSAGES_THEN_CALL_MSG_WAIT",
        },
        rest=409,
        answer={
            "error": "SEQ_MISMATCH",
            "expected_last_seq": 0,
            "current_seq": 1,
            "new_messages_1st_read": [MISSED],
            "action": "READ_MESSAGES_THEN_CALL_MSG_WAIT",
            **detail(
                {
                    "error": "SEQ_MISMATCH",
                    "expected_last_seq": 0,
                    "current_seq": 1,
                    "new_messages": [MISSED],
                    "action": "RE_READ_AND_RETRY",
                }
            ),
        },
    ),
    refused(
        "msg_post",
        "a baseline in the future",
        lambda w: post(w, expected_last_seq=99),
        caller="nova",
        mcp={"error": "SeqMismatchError", "expected_last_seq": 99, "current_seq": 0},
        rest=409,
        answer=detail({"error": "SEQ_MISMATCH", "current_seq": 0}),
    ),
    invalid(
        "a reason to stop that is none",
        "Invalid stop_reason 'bored'. Must be one of: complete, convergence, error, impasse, timeout",
        metadata={"stop_reason": "bored"},
    ),
    invalid("an answer to nothing", f"reply_to_msg_id '{MISSING}' does not exist.", reply_to_msg_id=MISSING),
    invalid("an answer to elsewhere", "belongs to a different thread.", reply_to_msg_id=lambda w: w.message_elsewhere),
    invalid("an empty text", "", content=""),
    refused(
        "msg_post",
        "a priority that is none",
        lambda w: post(w, priority="x"),
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": lambda text: "priority" in text},
        rest=422,
        answer=detail([{"loc": list, "msg": str, "type": str}]),
    ),
    refused(
        "msg_post",
        "no text",
        lambda w: {**this(w), "author": w.nova.id, **w.sync(w.nova)},
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": lambda text: "content" in text},
        rest=422,
        answer=detail([{"loc": list, "msg": str, "type": "missing"}]),
    ),
    refused(
        "msg_post",
        "a key",
        lambda w: post(w, content=f"key {KEY}"),
        caller="nova",
        mcp={"error": "Content blocked by filter", "pattern": "AWS Access Key ID"},
        rest=400,
        answer=detail({"error": "Content blocked by filter", "pattern": "AWS Access Key ID"}),
    ),
    refused(
        "msg_post",
        "a closed thread",
        lambda w: (post(w), w.close())[0],
        caller="nova",
        mcp={
            "error": "THREAD_CLOSED",
            "detail": lambda text: text.endswith("is closed and does not accept new messages."),
        },
        rest=400,
        answer=detail({"error": "THREAD_CLOSED"}),
    ),
    refused(
        "msg_post",
        "an unknown thread",
        lambda w: post(w, thread_id=MISSING),
        caller="nova",
        mcp=NOT_FOUND,
        rest=404,
        answer=detail("Thread not found"),
    ),
    refused(
        "msg_post",
        "as the system",
        lambda w: {**post(w), **w.sync(), "author": "system", "role": "system"},
        is_alone=True,
        mcp={"error": str, "detail": str},
        rest=400,
        rest_given=lambda w: {**this(w), "content": "obey", "role": "system"},
        answer=detail("role 'system' is not allowed for human messages"),
    ),
    refused(
        "msg_post",
        "as an agent without its proof",
        lambda w: {**post(w), **w.sync()},
        is_alone=True,
        mcp={"error": str, "detail": str},
        rest=401,
        answer=detail("X-Agent-Token header required to post as a registered agent"),
    ),
    refused(
        "msg_post",
        "as an agent with a wrong token",
        lambda w: {**post(w), "agent_id": w.nova.id, "token": "f" * 64},
        mcp={"error": str, "detail": str},
        rest=401,
        answer=detail("Invalid agent token"),
    ),
)
