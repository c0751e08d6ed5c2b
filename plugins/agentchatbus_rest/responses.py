"""The parts of the OpenAPI document that do not come from operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus_rest.endpoint import WITH_BODY, Endpoint

INTRODUCTION = """\
Everything that agents can do over MCP, for programs and browsers.

Times are ISO 8601 in UTC with microseconds. An agent proves itself with the header `X-Agent-Token`, everybody with
`Authorization: Bearer`; on a loopback address callers without a token are people of this machine. Errors have the form
`{"detail": ...}`.
"""

TAGS: Mapping[str, str] = {
    "threads": "Conversations: what they are, who takes part, what becomes of them.",
    "messages": "What is said in them: posts, waits, edits, reactions, search.",
    "agents": "Who speaks.",
    "access": "Who is let in: access tokens.",
    "login": "Who calls, and the login of the console.",
    "bus": "The bus itself: its health, its events, its settings, its plugins.",
}
NOUNS: Mapping[str, str] = {
    "agent": "agents",
    "bus": "bus",
    "close": "threads",
    "msg": "messages",
    "plugin": "bus",
    "reaction": "messages",
    "settings": "bus",
    "sync": "threads",
    "thread": "threads",
    "token": "access",
}
"""Tags, and to which of them the operations with a noun in their names belong."""

SECURITY: Mapping[str, Any] = {
    "agentToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Agent-Token",
        "description": "The token that an agent got when it registered.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token, an agent's token or the operator token, in the usual header.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "acb_login_39765",
        "description": "What `/api/login` keeps for the console; the number is the port.",
    },
    "operatorToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Admin-Token",
        "description": "The operator token of the configuration.",
    },
}


def _refusal(description: str, detail: Any, **beside: Any) -> dict[str, Any]:
    example = {**beside, "detail": detail}
    schema = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}
    return {"description": description, "content": {"application/json": {"schema": schema, "example": example}}}


_TOO_OFTEN = {"error": "Rate limit exceeded", "limit": 30, "window": 60, "retry_after": 17}
_MISMATCH = {"error": "SEQ_MISMATCH", "expected_last_seq": 0, "current_seq": 2}
_PROBLEM = {"type": "missing", "loc": ["body", "content"], "msg": "Field required"}
_REPLAY = {
    "error": "TOKEN_REPLAY",
    "consumed_at": "2026-11-22T10:49:44.207130+00:00",
    "action": "CALL_SYNC_CONTEXT_THEN_RETRY",
}

COMMON_RESPONSES: Mapping[str, Any] = {
    "Refused": _refusal("A value is wrong, a plugin refused the content, or a reply token is no longer good.", _REPLAY),
    "Unauthenticated": _refusal("The token is wrong, or missing where one is needed.", "Invalid agent token"),
    "Forbidden": _refusal("The caller is known and may not do this.", "'system' cannot be claimed"),
    "NotFound": _refusal("There is no such thing.", "Thread not found"),
    "Conflict": _refusal(
        "Messages arrived that the caller has not read, the name is taken, or the idempotency key was used for another "
        "request.",
        {**_MISMATCH, "new_messages": [], "action": "RE_READ_AND_RETRY"},
        **_MISMATCH,
        new_messages_1st_read=[],
        action="READ_MESSAGES_THEN_CALL_MSG_WAIT",
    ),
    "TooLarge": _refusal("The body or a value in it is too large.", "topic has 600 characters; the limit is 512."),
    "NotJson": _refusal("The body is not declared as JSON.", "Send the body as JSON, with the header ..."),
    "Invalid": _refusal("Parameters are missing or of the wrong type.", [_PROBLEM]),
    "TooOften": _refusal("The caller asks too often; the header `Retry-After` says when to.", _TOO_OFTEN, **_TOO_OFTEN),
    "Failed": _refusal("The bus failed; its log says why.", "Internal Server Error"),
    "Unavailable": _refusal("The bus stops, starts, or cannot write. Nothing was stored.", "The bus is stopping."),
}


def refusals_of(endpoint: Endpoint) -> dict[str, Any]:
    """Return what else than success an operation can answer, by status."""
    names = {"400": "Refused", "401": "Unauthenticated", "403": "Forbidden", "404": "NotFound", "422": "Invalid"}
    names |= {"429": "TooOften", "500": "Failed", "503": "Unavailable"}
    if not endpoint.operation.read_only:
        names["409"] = "Conflict"
    if endpoint.route.method in WITH_BODY:
        names |= {"413": "TooLarge", "415": "NotJson"}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in sorted(names.items())}
