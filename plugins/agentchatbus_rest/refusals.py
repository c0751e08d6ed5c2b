"""The one table from the bus's errors to HTTP."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentchatbus.plugin_api import (
    BusError,
    Conflict,
    Forbidden,
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
    TooLarge,
    Unauthenticated,
    Unavailable,
    isoformat,
)
from agentchatbus_rest.http import Answer, Headers, UnsupportedMediaType, encode, json_text

SYNC_AGAIN = {"action": "CALL_SYNC_CONTEXT_THEN_RETRY"}
SEQS = ("expected_last_seq", "current_seq")
RETRY_SOON: Headers = ((b"retry-after", b"1"),)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as HTTP shows it.

    Attributes:
        status: The status code.
        detail: What stands under ``detail``.
        beside: Further keys beside ``detail``, for clients that look for them there.
        headers: Further headers.
    """

    status: int
    detail: Any
    beside: Mapping[str, Any] | None = None
    headers: Headers = ()

    def answer(self) -> Answer:
        """Return it as an answer."""
        return Answer(self.status, encode({**(self.beside or {}), "detail": self.detail}), headers=self.headers)


Form = Callable[[BusError], Refusal]


def refusal(error: BusError) -> Answer:
    """Return the answer to a request that the bus refused; a plugin's own error is answered like its nearest base."""
    form = next(FORMS[kind] for kind in type(error).__mro__ if kind in FORMS)
    return form(error).answer()


def _sentence(status: int, *headers: tuple[bytes, bytes]) -> Form:
    return lambda error: Refusal(status, error.message, headers=headers)


def _coded(status: int, code: str, *keys: str, **more: Any) -> Form:
    """Return a form with the error's name for programs and some of its details."""
    return lambda error: Refusal(status, {"error": code, **{key: error.details.get(key) for key in keys}, **more})


def _internal(_: BusError) -> Refusal:
    return Refusal(500, "Internal Server Error")


def _invalid(error: BusError) -> Refusal:
    problems = error.details.get("errors")
    return Refusal(400, error.message) if problems is None else Refusal(422, problems)


def _rejected(error: BusError) -> Refusal:
    return Refusal(400, {"error": error.message, **error.details})


def _closed(error: BusError) -> Refusal:
    return Refusal(400, {"error": "THREAD_CLOSED", "message": error.message, **error.details})


def _rate_limited(error: BusError) -> Refusal:
    seconds = math.ceil(error.details["retry_after"])
    fields = {"error": error.message, **error.details, "retry_after": seconds}
    return Refusal(429, fields, fields, headers=((b"retry-after", b"%d" % seconds),))


def _out_of_sync(error: BusError) -> Refusal:
    """Two generations of clients look in two places and for two names, so one body has both."""
    seqs = {"error": "SEQ_MISMATCH", **{key: error.details.get(key) for key in SEQS}}
    missed = [_missed(message) for message in error.details.get("new_messages", ())]
    return Refusal(
        409,
        {**seqs, "new_messages": missed, "action": "RE_READ_AND_RETRY"},
        {**seqs, "new_messages_1st_read": missed, "action": "READ_MESSAGES_THEN_CALL_MSG_WAIT"},
    )


def _missed(message: Message) -> dict[str, Any]:
    return {
        "msg_id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "role": message.role,
        "content": message.content,
        "created_at": isoformat(message.created_at),
        "metadata": json_text(message.metadata) if message.metadata else None,
        "priority": message.priority,
        "reply_to_msg_id": message.reply_to_msg_id,
    }


FORMS: Mapping[type[BaseException], Form] = {
    BusError: _internal,
    Conflict: _sentence(409),
    Forbidden: _sentence(403),
    InvalidRequest: _invalid,
    NotFound: _sentence(404),
    OutOfSync: _out_of_sync,
    PluginFailed: _sentence(500),
    RateLimited: _rate_limited,
    Rejected: _rejected,
    SyncError: _sentence(400),
    SyncFieldsMissing: _coded(400, "MISSING_SYNC_FIELDS", "missing_fields", **SYNC_AGAIN),
    ThreadClosed: _closed,
    TokenInvalid: _coded(400, "TOKEN_INVALID", **SYNC_AGAIN),
    TokenReplayed: _coded(400, "TOKEN_REPLAY", "consumed_at", **SYNC_AGAIN),
    TooLarge: _sentence(413),
    Unauthenticated: _sentence(401, (b"www-authenticate", b"Bearer")),
    Unavailable: _sentence(503, *RETRY_SOON),
    UnsupportedMediaType: _sentence(415),
}
