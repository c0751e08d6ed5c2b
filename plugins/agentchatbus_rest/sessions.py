"""Who sent a request, as far as its headers say."""

from __future__ import annotations

import hmac
from urllib.parse import unquote

from agentchatbus.plugin_api import HUMAN, BusSettings, CallerKind, Credentials, Session
from agentchatbus_rest.http import Inbound

TRANSPORT = "rest"
ACCESS_PREFIX = "acb_"
"""How access tokens begin; one proves a scope and no agent."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def session_of(inbound: Inbound, settings: BusSettings) -> Session:
    """Return what a request's headers say of its sender; over REST a session lasts for one request."""
    token, operator_token = inbound.header(b"x-agent-token"), inbound.header(b"x-admin-token")
    bearer = inbound.bearer or _of_cookie(inbound, settings)
    if bearer and is_same(bearer, settings.operator_token):
        operator_token = operator_token or bearer
    else:
        token = token or bearer
    return Session(credentials=_credentials(inbound, settings, token, operator_token), fills_sync=True)


def session_with(token: str, inbound: Inbound, settings: BusSettings) -> Session:
    """Return the session of somebody who shows this token, whatever kind it is of."""
    if is_same(token, settings.operator_token):
        return Session(credentials=_credentials(inbound, settings, None, token))
    return Session(credentials=_credentials(inbound, settings, token, None))


def agent_token(inbound: Inbound, settings: BusSettings) -> str | None:
    """Return the token in the headers that may prove an agent; access and operator tokens do not."""
    token = inbound.header(b"x-agent-token") or inbound.bearer
    if token is None or token.startswith(ACCESS_PREFIX) or is_same(token, settings.operator_token):
        return None
    return token


def cookie_name(inbound: Inbound) -> str:
    """Return the name of the cookie of this bus; browsers share cookies between all ports of a host."""
    return f"acb_login_{inbound.port}"


def is_same(given: str, expected: str | None) -> bool:
    """Compare secrets in a time that tells nothing."""
    return expected is not None and hmac.compare_digest(given.encode(), expected.encode())


def _of_cookie(inbound: Inbound, settings: BusSettings) -> str | None:
    """Return the token of the console's login.

    On a bus that only this machine reaches nobody has to log in, and a stale cookie must lock nobody out. What changes
    something needs a proof of where the page comes from, which only browsers that protect the cookie send; the server
    has compared the origin with its own.
    """
    if settings.is_open or (text := inbound.header(b"cookie")) is None:
        return None
    if inbound.method not in SAFE_METHODS and not _is_own_page(inbound):
        return None
    parts = (part.strip().partition("=") for part in text.split(";"))
    value = next((value for name, _, value in parts if name == cookie_name(inbound)), "")
    return unquote(value) or None


def _is_own_page(inbound: Inbound) -> bool:
    return inbound.header(b"origin") is not None or inbound.header(b"sec-fetch-site") == "same-origin"


def _credentials(inbound: Inbound, settings: BusSettings, token: str | None, operator_token: str | None) -> Credentials:
    return Credentials(
        token=token,
        operator_token=operator_token,
        grants=CallerKind.HUMAN if settings.is_open else CallerKind.GUEST,
        name=HUMAN if settings.is_open or operator_token else "",
        transport=TRANSPORT,
        address=inbound.address,
    )
