"""What a bridge has to know of a message: whether it is answered, its protocol era, and its HTTP headers."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from agentchatbus_mcp.stdio.lines import Json

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
MODERN = "2026-07-28"
VERSION_HEADER = "MCP-Protocol-Version"
SESSION_HEADER = "Mcp-Session-Id"

NAMED: Mapping[str, str] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods whose subject goes into a header as well, and the parameter that holds it."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INTERNAL_ERROR = -32603
CONNECTION_CLOSED = -32000

_SAFE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SENTINEL = re.compile(r"=\?base64\?.*\?=")


def is_request(message: Json) -> bool:
    """Return whether the message wants an answer."""
    return isinstance(message.get("method"), str) and is_id(message.get("id"))


def problem_of(message: Any) -> str | None:
    """Return why something is no message of the protocol, None when it is one."""
    if not isinstance(message, dict):
        return "A message is a JSON object"
    if "method" not in message:
        return None if "result" in message or "error" in message else "A message has a method, a result or an error"
    if not isinstance(message["method"], str):
        return "The method is a string"
    if "id" in message and not is_id(message["id"]):
        return "The id of a request is a string or an integer"
    version = modern_version(message)
    if version is not None and not (_SAFE.fullmatch(message["method"]) and _SAFE.fullmatch(version)):
        return "Method and protocol version are plain ASCII: they become HTTP headers"
    return None


def is_id(value: Any) -> bool:
    """Return whether a value can name a request."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def is_response_to(message: Any, identifier: Any) -> bool:
    """Return whether a message answers the request with this id."""
    return isinstance(message, dict) and "method" not in message and message.get("id") == identifier


def params_of(message: Json) -> Json:
    """Return the parameters, empty when there are none."""
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def modern_version(message: Json) -> str | None:
    """Return the protocol revision that a stateless request names; requests of the older era name none."""
    meta = params_of(message).get("_meta")
    version = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def routing_headers(message: Json) -> dict[str, str]:
    """Return the headers of a stateless request."""
    method = str(message.get("method"))
    headers = {VERSION_HEADER: modern_version(message) or MODERN, "Mcp-Method": method}
    subject = params_of(message).get(NAMED.get(method, ""))
    if isinstance(subject, str):
        headers["Mcp-Name"] = header_value(subject)
    return headers


def header_value(text: str) -> str:
    """Return a text in a form that survives as a header's value."""
    if not text or (_SAFE.fullmatch(text) and not _SENTINEL.fullmatch(text)):
        return text
    return f"=?base64?{base64.b64encode(text.encode(errors='surrogatepass')).decode()}?="


def error_response(identifier: Any, code: int, message: str) -> Json:
    """Return the answer to a request that failed."""
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}
