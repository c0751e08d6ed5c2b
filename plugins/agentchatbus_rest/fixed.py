"""The paths that are no operation, as the OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus_rest.logins import Me

ME_EXAMPLE: Me = {
    "kind": "human",
    "name": "human",
    "agent_id": None,
    "display_name": "",
    "scopes": ["human"],
    "is_open": True,
    "needs_login": False,
}
HEALTH_EXAMPLE = {
    "status": "ok",
    "service": "AgentChatBus",
    "version": "1.0.0",
    "engine": "python",
    "runtime": "python 3.12.4",
    "transport": "http+sse",
    "wait_policy": {"msg_wait_min_timeout_ms": 0, "enforce_min_timeout": False, "behavior": "clamp"},
    "startup_mode": "external-service-manual",
    "management": {"ownership_assignable": False, "owner_instance_id": None, "registered_sessions_count": 0},
}
ME_SCHEMA = {"$ref": "#/components/schemas/Me"}
OK_SCHEMA = {"type": "object", "properties": {"ok": {"const": True}}, "required": ["ok"]}


def _json(schema: Any, example: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema, "example": example}}


def _refusals(*names: str) -> dict[str, Any]:
    statuses = {
        "Refused": "400",
        "Unauthenticated": "401",
        "Forbidden": "403",
        "TooLarge": "413",
        "NotJson": "415",
        "Invalid": "422",
        "Failed": "500",
        "Unavailable": "503",
    }
    return {statuses[name]: {"$ref": f"#/components/responses/{name}"} for name in names}


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
                    "content": _json(
                        {"type": "object", "required": ["status", "service"]},
                        HEALTH_EXAMPLE,
                    ),
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
                _query("after", "Id of the last event seen.", {"type": "integer", "minimum": 0}),
                _query(
                    "thread_id",
                    "Only events of this thread; may be repeated.",
                    {"type": "array", "items": {"type": "string"}},
                ),
                {
                    "name": "Last-Event-ID",
                    "in": "header",
                    "required": False,
                    "description": "As `after`, and wins over it; browsers send it when they reconnect.",
                    "schema": {"type": "string"},
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
                **_refusals("Unauthenticated", "Invalid", "Unavailable"),
            },
        }
    },
    "/api/me": {
        "get": {
            "operationId": "me",
            "tags": ["login"],
            "summary": "Say who calls",
            "description": "Answers everybody: who has proven nothing is a guest, who may have to log in.",
            "responses": {"200": {"description": "Who calls.", "content": _json(ME_SCHEMA, ME_EXAMPLE)}},
        }
    },
    "/api/login": {
        "post": {
            "operationId": "login",
            "tags": ["login"],
            "summary": "Log the console in",
            "description": "Takes the access token of a person or the operator, or the operator token, and keeps it in "
            "a cookie that scripts cannot read and other sites do not send.",
            "requestBody": {
                "required": True,
                "content": _json(
                    {
                        "type": "object",
                        "properties": {"token": {"type": "string", "minLength": 1}},
                        "required": ["token"],
                    },
                    {"token": "acb_…"},
                ),
            },
            "responses": {
                "200": {"description": "Who has logged in.", "content": _json(ME_SCHEMA, ME_EXAMPLE)},
                **_refusals("Unauthenticated", "Forbidden", "TooLarge", "NotJson", "Invalid", "Failed", "Unavailable"),
            },
        }
    },
    "/api/logout": {
        "post": {
            "operationId": "logout",
            "tags": ["login"],
            "summary": "Log the console out",
            "description": "Takes the cookie back.",
            "responses": {"200": {"description": "Done.", "content": _json(OK_SCHEMA, {"ok": True})}},
        }
    },
    "/api/debug/sse-status": {
        "get": {
            "operationId": "sse_status",
            "tags": ["bus"],
            "summary": "Count the open streams of events",
            "description": "Counts the open streams of events.",
            "responses": {
                "200": {
                    "description": "How many there are.",
                    "content": _json(
                        {
                            "type": "object",
                            "properties": {"subscribers": {"type": "integer"}},
                            "required": ["subscribers"],
                        },
                        {"subscribers": 2},
                    ),
                },
                **_refusals("Unauthenticated", "Unavailable"),
            },
        }
    },
}
