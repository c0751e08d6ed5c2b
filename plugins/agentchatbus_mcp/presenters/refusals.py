"""How refusals look: one table from the class of an error to the object that clients know."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentchatbus.plugin_api import (
    BusError,
    Conflict,
    Forbidden,
    Internal,
    InvalidRequest,
    Message,
    NotFound,
    OutOfSync,
    PluginFailed,
    RateLimited,
    Rejected,
    SyncError,
    SyncFieldsMissing,
    ThreadClosed,
    TokenInvalid,
    TokenReplayed,
    Unauthenticated,
    Unavailable,
    isoformat,
)
from agentchatbus_mcp.presenters.base import Shape
from agentchatbus_mcp.presenters.texts import AHEAD_REMINDER, CRITICAL_REMINDER, REMINDER

CALL_MSG_WAIT = "CALL_MSG_WAIT"
READ_THEN_WAIT = "READ_MESSAGES_THEN_CALL_MSG_WAIT"
RATE_KEYS = ("limit", "window", "retry_after")


def refusal(error: BusError) -> Shape:
    """Return what a client gets instead of a result."""
    for kind in type(error).__mro__:
        if shape := TABLE.get(kind):
            return shape(error)
    return {"error": error.code.upper(), "detail": error.message}


def _coded(code: str) -> Callable[[BusError], Shape]:
    return lambda error: {"error": code, "detail": error.message}


def _sync(name: str) -> Callable[[BusError], Shape]:
    return lambda error: {"error": name, "detail": error.message, "REMINDER": REMINDER, "action": CALL_MSG_WAIT}


def _replayed(error: BusError) -> Shape:
    return {**_sync("ReplyTokenReplayError")(error), "consumed_at": error.details.get("consumed_at")}


def _out_of_sync(error: BusError) -> Shape:
    missed: Sequence[Message] = error.details.get("new_messages", ())
    expected, current = error.details.get("expected_last_seq"), error.details.get("current_seq")
    is_ahead = expected is not None and current is not None and expected > current
    return {
        "error": "SeqMismatchError",
        "detail": error.message,
        "expected_last_seq": expected,
        "current_seq": current,
        "CRITICAL_REMINDER": AHEAD_REMINDER if is_ahead else CRITICAL_REMINDER,
        "new_messages_1st_read": [_missed(message) for message in missed],
        "action": READ_THEN_WAIT,
    }


def _missed(message: Message) -> Shape:
    return {
        "msg_id": message.id,
        "seq": message.seq,
        "author": message.author_name,
        "role": message.role,
        "content": message.content,
        "created_at": isoformat(message.created_at),
    }


def _rejected(error: BusError) -> Shape:
    if "pattern" in error.details:
        return {"error": error.message, **error.details}
    return {"error": "REJECTED", "detail": error.message}


def _rate_limited(error: BusError) -> Shape:
    kept: dict[str, Any] = {
        key: error.details[key] for key in ("limit", "window", "retry_after") if key in error.details
    }
    kept["retry_after"] = math.ceil(kept.get("retry_after", 0))
    return {"error": "Rate limit exceeded", **kept}


def _not_found(error: BusError) -> Shape:
    kind, identifier = error.details.get("kind"), error.details.get("id")
    match kind:
        case "thread":
            return {"error": "Thread not found"}
        case "message":
            return {"error": "MESSAGE_NOT_FOUND", "message_id": identifier}
        case "agent":
            return {"error": f"Agent not found: {identifier}"}
        case "template":
            return {"error": error.message}
    return {"error": "NOT_FOUND", "detail": error.message}


TABLE: Mapping[type[Any], Callable[[BusError], Shape]] = {
    SyncFieldsMissing: _sync("MissingSyncFieldsError"),
    TokenInvalid: _sync("ReplyTokenInvalidError"),
    TokenReplayed: _replayed,
    OutOfSync: _out_of_sync,
    SyncError: _sync("SyncError"),
    InvalidRequest: _coded("INVALID_ARGUMENT"),
    Unauthenticated: _coded("AUTHENTICATION_REQUIRED"),
    Forbidden: _coded("FORBIDDEN"),
    NotFound: _not_found,
    ThreadClosed: _coded("THREAD_CLOSED"),
    Conflict: _coded("CONFLICT"),
    Rejected: _rejected,
    RateLimited: _rate_limited,
    PluginFailed: _coded("PLUGIN_FAILED"),
    Unavailable: _coded("UNAVAILABLE"),
    Internal: _coded("INTERNAL_ERROR"),
}
