"""The editors that run, and which of them owns the server.

An editor that started the server knows the boot token that it gave it, and may stop it. When it leaves, the oldest
other editor takes its place; when the last one leaves, nobody needs the server any more.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentchatbus.plugin_api import Clock, Forbidden, NotFound, hash_token

MAX_SESSIONS = 100


@dataclass(slots=True, kw_only=True)
class EditorSession:
    """One editor that runs; `token_hash` is of what proves it."""

    instance_id: str
    label: str
    token_hash: str
    registered_at: datetime
    last_seen: datetime

    def is_proven_by(self, token: str) -> bool:
        """Return whether a token is this session's."""
        return hmac.compare_digest(self.token_hash, hash_token(token))


class EditorSessions:
    """Keeps the sessions of one server.

    Attributes:
        is_deserted: Whether there was an owner and no editor is left.
        changed: Set when a session begins or ends.
    """

    def __init__(self, clock: Clock, *, boot_token: str, seconds: float) -> None:
        self.is_deserted = False
        self.changed = asyncio.Event()
        self._clock = clock
        self._boot_token = boot_token
        self._patience = timedelta(seconds=seconds)
        self._sessions: dict[str, EditorSession] = {}
        self._owner: str | None = None
        self._had_owner = False

    @property
    def is_assignable(self) -> bool:
        """Whether somebody can own this server."""
        return bool(self._boot_token)

    @property
    def owner(self) -> EditorSession | None:
        """The editor that may stop the server."""
        return self._sessions.get(self._owner or "")

    def all(self) -> list[EditorSession]:
        """Return the editors that run, the oldest first."""
        return list(self._sessions.values())

    def get(self, instance_id: str, token: str) -> EditorSession:
        """Return a session that the token proves.

        Raises:
            NotFound: There is no such session.
            Forbidden: The token is another one.
        """
        self.drop_silent()
        session = self._sessions.get(instance_id)
        if session is None:
            raise NotFound("IDE session is not registered", kind="session", id=instance_id)
        if not session.is_proven_by(token):
            raise Forbidden("Invalid IDE session token")
        return session

    def register(self, instance_id: str, label: str, token: str | None) -> tuple[EditorSession, str]:
        """Begin a session, or go on with the one that the token proves; return it with its token.

        Raises:
            Forbidden: There is such a session and the token is not its own, or there are too many.
        """
        self.drop_silent()
        now = self._clock.now()
        if instance_id in self._sessions:
            session = self.get(instance_id, token or "")
            session.label, session.last_seen = label, now
            return session, token or ""
        if len(self._sessions) >= MAX_SESSIONS:
            raise Forbidden(f"More than {MAX_SESSIONS} editors are registered.")
        token = secrets.token_urlsafe(32)
        session = EditorSession(
            instance_id=instance_id, label=label, token_hash=hash_token(token), registered_at=now, last_seen=now
        )
        self._sessions[instance_id] = session
        if self._had_owner and self.owner is None:
            self._owner = instance_id
        self.is_deserted = False
        self.changed.set()
        return session, token

    def claim(self, session: EditorSession, boot_token: str | None) -> bool:
        """Make a session the owner if it shows the boot token, and return whether it is."""
        expected = self._boot_token
        if expected and boot_token and hmac.compare_digest(expected.encode(), boot_token.encode()):
            self._owner, self._had_owner = session.instance_id, True
        return self._owner == session.instance_id

    def heard(self, session: EditorSession) -> None:
        """Take note of a sign of life."""
        session.last_seen = self._clock.now()

    def leave(self, session: EditorSession) -> EditorSession | None:
        """End a session; return the one that owns the server from now on, None when that has not changed."""
        before = self._owner
        self._end(session)
        return self.owner if self._owner != before else None

    def drop_silent(self) -> None:
        """End the sessions of editors that gave no sign of life for too long."""
        now = self._clock.now()
        for session in self.all():
            if now - session.last_seen >= self._patience:
                self._end(session)

    def seconds_left(self) -> float | None:
        """Return after how many seconds the next session may end by itself; None when there is none."""
        if not self._sessions:
            return None
        oldest = min(session.last_seen for session in self._sessions.values())
        return max(0.0, (oldest + self._patience - self._clock.now()).total_seconds())

    def _end(self, session: EditorSession) -> None:
        self._sessions.pop(session.instance_id, None)
        if self._owner == session.instance_id:
            self._owner = next(iter(self._sessions), None)
        self.is_deserted = self._had_owner and not self._sessions
        self.changed.set()
