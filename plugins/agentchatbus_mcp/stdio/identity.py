"""Who the client of this process is: the agent whose token passed through last, or the one that a post names.

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
    """The agent that this process speaks for, and those that it spoke for before."""

    def __init__(self) -> None:
        self._token: str | None = None
        self._tokens: dict[str, str] = {}

    def headers(self, request: Json) -> dict[str, str]:
        """Return what proves the agent, for calls that do not prove it themselves."""
        params = params_of(request)
        if request["method"] != "tools/call" or params.get("name") in INTRODUCTIONS:
            return {}
        arguments = _object(params.get("arguments"))
        token = self._token_for(arguments)
        return {} if token is None or arguments.get("token") or arguments.get("agent_id") else {AGENT_HEADER: token}

    def learn(self, request: Json, response: Json) -> None:
        """Remember the token that a call used or brought, and forget one that did not help."""
        if request["method"] != "tools/call":
            return
        result = _object(response.get("result"))
        answer = _object(result.get("structuredContent"))
        arguments = _object(params_of(request).get("arguments"))
        if result.get("isError"):
            if answer.get("error") in STALE and not arguments.get("token"):
                self._forget(self._token_for(arguments))
        elif params_of(request).get("name") == "agent_unregister":
            self._forget(arguments.get("token") or self._token)
        else:
            self._remember(_object(answer.get("agent")), answer, arguments)

    def _token_for(self, arguments: Json) -> str | None:
        """Return the token of the agent that a post names, else the last one."""
        return self._tokens.get(str(arguments.get("author")), self._token)

    def _forget(self, token: str | None) -> None:
        self._tokens = {agent_id: known for agent_id, known in self._tokens.items() if known != token}
        self._token = None if self._token == token else self._token

    def _remember(self, *holders: Json) -> None:
        """Remember the first agent among them that comes with its token."""
        for holder in holders:
            if token := _token(holder):
                self._token = self._tokens[holder["agent_id"]] = token
                return


def _token(holder: Json) -> str | None:
    token = holder.get("token")
    return token if isinstance(token, str) and token and isinstance(holder.get("agent_id"), str) else None


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
