"""Who calls over MCP: the headers of a request, and the token that its connection has shown last."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from typing import get_args

from starlette.requests import Request

from agentchatbus.plugin_api import BusSettings, CallerKind, Credentials, Session
from agentchatbus_mcp.sdk import Context, at_end_of, connection_of, session_id_of
from agentchatbus_mcp.settings import Profile

STATE_KEY = "agentchatbus.session"
TRANSPORT_HEADER = "x-bus-transport"
LABELS = frozenset({"mcp-stdio"})
"""Ways in that may name themselves in a header; it is a label and proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """How clients reach the server; handlers find it as their lifespan context.

    Attributes:
        transport: Name of the way in.
        session: The client's session, where the connection has one from its first byte on, as over SSE.
        profile: Which tools it asked for when it opened the connection, if it did.
    """

    transport: str
    session: Session | None = None
    profile: Profile | None = None


def asked_profile(request: Request | None) -> Profile | None:
    """Return the profile of tools that the address of a request asks for."""
    asked = request.query_params.get("tools") if request is not None else None
    return asked if asked in get_args(Profile) else None  # type: ignore[return-value]


def profile_of(context: Context, *, default: Profile) -> Profile:
    """Return the profile of tools for a request: what its address says, or its connection's, or the configured one."""
    way: WayIn = context.lifespan_context
    return asked_profile(context.request) or way.profile or default


def credentials_of(request: Request | None, settings: BusSettings, transport: str) -> Credentials:
    """Return what the headers of a request prove; nobody who comes over MCP without a token is a person."""
    if request is None:
        return Credentials(transport=transport, grants=CallerKind.GUEST)
    token = request.headers.get("x-agent-token")
    operator_token = request.headers.get("x-admin-token")
    if bearer := bearer_of(request):
        if _same(bearer, settings.operator_token):
            operator_token = operator_token or bearer
        else:
            token = token or bearer
    label = request.headers.get(TRANSPORT_HEADER, "")
    return Credentials(
        token=token or None,
        operator_token=operator_token or None,
        grants=CallerKind.GUEST,
        transport=label if label in LABELS else transport,
        address=request.client.host if request.client else None,
    )


def bearer_of(request: Request) -> str:
    """Return the token in ``Authorization``, an empty text when there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _same(given: str, expected: str | None) -> bool:
    return expected is not None and hmac.compare_digest(given.encode(), expected.encode())


@dataclass(slots=True)
class LegacySession:
    """A client of legacy HTTP; the SDK ends its session when it hears nothing of it for too long."""

    session: Session
    heard_at: float = 0.0
    """When the SDK served a request of it last, on the monotonic clock."""


@dataclass(slots=True)
class Sessions:
    """The sessions of connected clients.

    Over SSE a session lasts as long as the stream, over legacy HTTP until the client goes or is silent for too long;
    a request of the stateless protocol has one of its own.
    """

    settings: BusSettings
    _by_id: dict[str, LegacySession] = field(default_factory=dict)

    def of(self, context: Context) -> Session:
        """Return the session of the client that sent this request."""
        way: WayIn = context.lifespan_context
        session = way.session or self._kept(context)
        self.refresh(session, context.request, way.transport)
        return session

    def find(self, session_id: str) -> LegacySession | None:
        """Return the client of legacy HTTP with this id in its headers, if it has called anything yet."""
        return self._by_id.get(session_id)

    def refresh(self, session: Session, request: Request | None, transport: str) -> None:
        """Give the session the credentials and the language of this request.

        Whoever calls this must start the operation before it awaits anything else: another request of the same client
        may bring other credentials.
        """
        session.credentials = credentials_of(request, self.settings, transport)
        if request is not None and request.scope["query_string"]:
            session.language = request.query_params.get("lang") or session.language

    def forget(self, session_id: str) -> None:
        """Drop what is known of a client of legacy HTTP."""
        self._by_id.pop(session_id, None)

    def _kept(self, context: Context) -> Session:
        state = connection_of(context).state
        if STATE_KEY not in state:
            state[STATE_KEY] = LegacySession(session=Session(credentials=Credentials()))
            self._index(context, state[STATE_KEY])
        kept: LegacySession = state[STATE_KEY]
        kept.heard_at = time.monotonic()
        return kept.session

    def _index(self, context: Context, kept: LegacySession) -> None:
        if session_id := session_id_of(context):
            self._by_id[session_id] = kept
            at_end_of(context, lambda: self.forget(session_id))
