"""Operations on who owns the server, and stopping it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Bus,
    Call,
    Forbidden,
    InvalidRequest,
    Params,
    Route,
    hash_token,
    isoformat,
    operation,
)
from agentchatbus_ide.near import require_near
from agentchatbus_ide.sessions import EditorSession, EditorSessions

FAR = "IDE registration APIs are only available from localhost"
FAR_STOP = "Shutdown is only allowed from localhost"
LONGEST = 200

Row = dict[str, Any]


class StatusParams(Params):
    """Which editor asks, if it has a session."""

    instance_id: str = Field("", max_length=LONGEST, description="Id of the editor's window.")
    session_token: str = Field("", max_length=LONGEST, description="What its registration returned.", repr=False)


class RegisterParams(Params):
    """An editor that starts."""

    instance_id: str = Field(max_length=LONGEST, description="Id of the editor's window.")
    ide_label: str = Field(max_length=LONGEST, description="Its name for people.")
    claim_owner: bool = Field(default=False, description="Whether it started this server.")
    owner_boot_token: str | None = Field(None, description="What it gave the server when it did.", repr=False)
    session_token: str | None = Field(None, description="For an editor that is registered already.", repr=False)


class SessionParams(Params):
    """An editor with a session."""

    instance_id: str = Field(max_length=LONGEST, description="Id of the editor's window.")
    session_token: str = Field(max_length=LONGEST, description="What its registration returned.", repr=False)


class ShutdownParams(StatusParams):
    """Who wants the server to stop."""

    force: bool = Field(default=False, description="Stop also when no editor owns the server; for people.")


class OwningOperations:
    """Operations for editors of this machine."""

    def __init__(self, bus: Bus, sessions: EditorSessions) -> None:
        self._bus = bus
        self._sessions = sessions

    @operation(route=Route(method="GET", path="/api/ide/status"), read_only=True, idempotent=True, tool=False)
    async def ide_status(self, params: StatusParams, call: Call) -> Row:
        """Return which editors run, and whether the one that asks may stop the server."""
        require_near(call.caller, FAR)
        self._sessions.drop_silent()
        known = {session.instance_id for session in self._sessions.all()}
        if params.instance_id not in known:
            return self._view(None, "", instance_id=params.instance_id)
        session = self._sessions.get(params.instance_id, params.session_token)
        return self._view(session, params.session_token)

    @operation(route=Route(method="POST", path="/api/ide/register"), tool=False)
    async def ide_register(self, params: RegisterParams, call: Call) -> Row:
        """Register an editor that starts; one that is registered shows its session token."""
        require_near(call.caller, FAR)
        for name in ("instance_id", "ide_label"):
            if not getattr(params, name).strip():
                raise InvalidRequest(f"{name} must not be empty", field=name)
        session, token = self._sessions.register(
            params.instance_id.strip(), params.ide_label.strip(), params.session_token
        )
        if params.claim_owner:
            self._sessions.claim(session, params.owner_boot_token)
        return self._view(session, token)

    @operation(route=Route(method="POST", path="/api/ide/heartbeat"), idempotent=True, tool=False)
    async def ide_heartbeat(self, params: SessionParams, call: Call) -> Row:
        """Say that an editor still runs."""
        require_near(call.caller, FAR)
        session = self._sessions.get(params.instance_id, params.session_token)
        self._sessions.heard(session)
        return self._view(session, params.session_token)

    @operation(route=Route(method="POST", path="/api/ide/unregister"), tool=False)
    async def ide_unregister(self, params: SessionParams, call: Call) -> Row:
        """Say that an editor ends; the server stops with the last one if one of them had started it."""
        require_near(call.caller, FAR)
        session = self._sessions.get(params.instance_id, params.session_token)
        was_owner = self._sessions.owner is session
        heir = self._sessions.leave(session)
        view = self._view(None, params.session_token, instance_id=session.instance_id)
        return view | {"was_owner": was_owner, "transferred_to": pseudonym(heir) if heir else None}

    @operation(route=Route(method="POST", path="/api/shutdown"), destructive=True, tool=False)
    async def server_shutdown(self, params: ShutdownParams, call: Call) -> Row:
        """Stop the server: waits and streams end, requests finish. For the editor that owns it, or with `force`."""
        require_near(call.caller, FAR_STOP)
        if not params.force:
            session = self._sessions.get(params.instance_id, params.session_token)
            if self._sessions.owner is not session:
                raise Forbidden("This IDE session does not hold shutdown ownership")
        self._bus.request_stop()
        return {"ok": True, "status": "accepted", "message": "The server stops.", "force": params.force}

    def _view(self, session: EditorSession | None, token: str, *, instance_id: str = "") -> Row:
        """Return what an editor may know: its own session in full, and of the others no id that it could pretend."""
        sessions = self._sessions
        owner = sessions.owner
        is_owner = session is not None and owner is session
        return {
            "instance_id": session.instance_id if session else instance_id,
            "session_token": token if session else "",
            "registered": session is not None,
            "ownership_assignable": sessions.is_assignable,
            "owner_instance_id": owner.instance_id if is_owner and owner else None,
            "owner_ide_label": owner.label if owner else None,
            "is_owner": is_owner,
            "can_shutdown": is_owner,
            "registered_sessions_count": len(sessions.all()),
            "registered_sessions": [self._row(item, is_own=item is session) for item in sessions.all()],
            "shutdown_requested": sessions.is_deserted,
            "transferred_to": None,
            "was_owner": False,
        }

    def _row(self, session: EditorSession, *, is_own: bool) -> Row:
        return {
            "instance_id": session.instance_id if is_own else pseudonym(session),
            "ide_label": session.label,
            "registered_at": isoformat(session.registered_at),
            "last_seen": isoformat(session.last_seen),
            "is_owner": session is self._sessions.owner,
        }


def health_of(sessions: EditorSessions) -> Row:
    """Return what everybody may know of who manages the server: no id that somebody could pretend."""
    sessions.drop_silent()
    mode = "external-service-extension-managed" if sessions.is_assignable else "external-service-manual"
    owner = sessions.owner
    return {
        "startup_mode": mode,
        "management": {
            "ownership_assignable": sessions.is_assignable,
            "owner_instance_id": pseudonym(owner) if owner else None,
            "registered_sessions_count": len(sessions.all()),
        },
    }


def pseudonym(session: EditorSession) -> str:
    """Return a name that tells a session from others and is no id."""
    return hash_token(session.instance_id)[:8]
