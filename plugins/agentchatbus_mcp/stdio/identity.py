"""Who the client of this process is: the agent whose token passed through last.

The server forgets connections when it is restarted, and stateless requests have none. The process itself is the
client's session, so it remembers.
"""

from __future__ import annotations

from typing import Any

from agentchatbus_mcp.stdio.envelopes import params_of
from agentchatbus_mcp.stdio.lines import Json

AGENT_HEADER = "X-Agent-Token"
INTRODUCTIONS = frozenset({"bus_connect", "agent_register"})
"""Tools that make a new agent of a caller without a token; who called before must not become who calls now."""

STALE = frozenset({"AUTHENTICATION_REQUIRED", "InvalidCredentials"})
"""Refusals after which a remembered token is worth nothing."""


class RememberedAgent:
    """The agent that this process speaks for."""

    def __init__(self) -> None:
        self._token: str | None = None

    def headers(self, request: Json) -> dict[str, str]:
        """Return what proves the agent, for calls that do not prove it themselves."""
        params = params_of(request)
        if self._token is None or request["method"] != "tools/call" or params.get("name") in INTRODUCTIONS:
            return {}
        arguments = _object(params.get("arguments"))
        return {} if arguments.get("token") or arguments.get("agent_id") else {AGENT_HEADER: self._token}

    def learn(self, request: Json, response: Json) -> None:
        """Remember the token that a call used or brought, and forget one that did not help."""
        if request["method"] != "tools/call":
            return
        result = _object(response.get("result"))
        answer = _object(result.get("structuredContent"))
        arguments = _object(params_of(request).get("arguments"))
        if result.get("isError"):
            self._token = None if answer.get("error") in STALE and not arguments.get("token") else self._token
        elif params_of(request).get("name") == "agent_unregister":
            self._token = None
        else:
            self._token = _token(_object(answer.get("agent"))) or _token(answer) or _token(arguments) or self._token


def _token(holder: Json) -> str | None:
    token = holder.get("token")
    return token if isinstance(token, str) and token and isinstance(holder.get("agent_id"), str) else None


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
