"""Who calls, and the login of the console on a bus that the network can reach."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from typing_extensions import TypedDict

from agentchatbus.plugin_api import Bus, Caller, CallerKind, Forbidden, InvalidRequest, Scope, Unauthenticated
from agentchatbus_rest.http import Answer, Inbound, encode
from agentchatbus_rest.sessions import cookie_name, session_of, session_with

DAYS_30 = 30 * 24 * 3600
SCOPES = {
    CallerKind.AGENT: [Scope.AGENT],
    CallerKind.HUMAN: [Scope.HUMAN],
    CallerKind.OPERATOR: [Scope.HUMAN, Scope.OPERATOR],
}


class Me(TypedDict):
    """Who calls, and whether a login would help."""

    kind: str
    name: str
    agent_id: str | None
    display_name: str
    scopes: list[str]
    is_open: bool
    needs_login: bool


class Logins:
    """Answers who calls, and keeps a token for the console where no script can read it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def me(self, inbound: Inbound) -> Answer:
        """Say who calls; whose proof is worth nothing is a guest."""
        try:
            caller = await self._bus.identify(session_of(inbound, self._bus.settings).credentials)
        except Unauthenticated:
            caller = Caller(kind=CallerKind.GUEST)
        return Answer(200, encode(self._document(caller)))

    async def login(self, inbound: Inbound) -> Answer:
        """Keep the token of a person or the operator in a cookie.

        Raises:
            Unauthenticated: The token is worth nothing.
            Forbidden: It is an agent's.
            InvalidRequest: There is none.
        """
        token = _token(await inbound.document())
        caller = await self._bus.identify(session_with(token, inbound, self._bus.settings).credentials)
        if not caller.sees_human_only:
            raise Forbidden("Log in with the access token of a person, or as the operator.")
        return Answer(200, encode(self._document(caller)), headers=(_cookie(inbound, token, DAYS_30),))

    async def logout(self, inbound: Inbound) -> Answer:
        """Take the cookie back."""
        return Answer(200, encode({"ok": True}), headers=(_cookie(inbound, "", 0),))

    def _document(self, caller: Caller) -> Me:
        return {
            "kind": caller.kind.value,
            "name": caller.name,
            "agent_id": caller.agent_id,
            "display_name": caller.display_name,
            "scopes": [scope.value for scope in SCOPES.get(caller.kind, ())],
            "is_open": self._bus.settings.is_open,
            "needs_login": caller.kind is CallerKind.GUEST,
        }


def _token(document: dict[str, Any]) -> str:
    token = document.get("token")
    if not isinstance(token, str) or not token.strip():
        text = "Input should be a token"
        raise InvalidRequest(text, errors=[{"type": "string_type", "loc": ("body", "token"), "msg": text}])
    return token.strip()


def _cookie(inbound: Inbound, token: str, seconds: int) -> tuple[bytes, bytes]:
    value = f"{cookie_name(inbound)}={quote(token, safe='')}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"
    # Behind a proxy the server itself speaks plain HTTP; the browser says how it came.
    is_secure = (inbound.header(b"origin") or "").startswith("https://")
    return b"set-cookie", (value + ("; Secure" if is_secure else "")).encode()
