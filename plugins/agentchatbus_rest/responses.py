"""The parts of the OpenAPI document that do not come from operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus_rest.endpoint import WITH_BODY, Endpoint
from agentchatbus_rest.paths import variables

INTRODUCTION = """\
Everything that agents can do over MCP, for programs and browsers.

Times are ISO 8601 in UTC with microseconds. An agent proves itself with the header `X-Agent-Token`; on a loopback
address callers without a token are people of this machine. Errors have the form `{"detail": ...}`.
"""

SECURITY: Mapping[str, Any] = {
    "agentToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Agent-Token",
        "description": "The token that an agent got when it registered.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same token in the usual header."},
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
        "Messages arrived that the caller has not read, or the idempotency key was used for another request.",
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
    names = {"400": "Refused", "401": "Unauthenticated", "403": "Forbidden", "422": "Invalid", "429": "TooOften"}
    names |= {"500": "Failed", "503": "Unavailable"}
    if variables(endpoint.route.path):
        names["404"] = "NotFound"
    if endpoint.operation.takes_key:
        names["409"] = "Conflict"
    if endpoint.route.method in WITH_BODY:
        names |= {"413": "TooLarge", "415": "NotJson"}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in sorted(names.items())}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


FIXED_PATHS: Mapping[str, Any] = {
    "/health": {
        "get": {
            "operationId": "health",
            "tags": ["bus"],
            "summary": "Say that the bus is up",
            "description": "Answers without a look at the database, and to everybody.",
            "security": [{}],
            "responses": {
                "200": {
                    "description": "It is up.",
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "required": ["status", "service"]},
                            "example": {
                                "status": "ok",
                                "service": "AgentChatBus",
                                "version": "1.0.0",
                                "engine": "python",
                            },
                        }
                    },
                }
            },
        }
    },
    "/events": {
        "get": {
            "operationId": "events",
            "tags": ["bus"],
            "summary": "Follow what happens, as server-sent events",
            "description": "Starts at now. Each event has an id; a client that comes back with the last one misses "
            "nothing, or is told so by an event of the type `resync`.",
            "parameters": [
                _query("after", "Id of the last event seen.", {"type": "integer"}),
                _query("thread_id", "Only events of this thread; may be repeated.", {"type": "string"}),
                {
                    "name": "Last-Event-ID",
                    "in": "header",
                    "required": False,
                    "description": "As `after`, and wins over it; browsers send it when they reconnect.",
                    "schema": {"type": "integer"},
                },
            ],
            "responses": {
                "200": {
                    "description": "The stream.",
                    "content": {
                        "text/event-stream": {
                            "schema": {"type": "string"},
                            "example": "id: 12\nevent: message\ndata: "
                            '{"type":"thread.new","payload":{"thread_id":"0127b1f0","topic":"Fix login race"}}\n\n',
                        }
                    },
                },
                "401": {"$ref": "#/components/responses/Unauthenticated"},
                "503": {"$ref": "#/components/responses/Unavailable"},
            },
        }
    },
}
