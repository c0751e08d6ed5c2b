"""Reply tokens and refresh requests."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from datetime import datetime

from agentchatbus.plugin_api import ReplyToken, TokenSource, TokenStore, isoformat
from agentchatbus_sql import rows
from agentchatbus_sql.removals import OF_REMOVED

_GET = f"SELECT {rows.TOKEN} FROM reply_tokens WHERE hash = ? AND thread_id NOT {OF_REMOVED}"
_ADD = f"INSERT INTO reply_tokens ({rows.TOKEN}) VALUES ({rows.marks(rows.TOKEN)})"
_OPEN_OF = (
    f"SELECT {rows.TOKEN} FROM reply_tokens WHERE agent_id = ?1 AND thread_id = ?2 AND consumed_at IS NULL "
    f"AND ?2 NOT {OF_REMOVED} ORDER BY issued_at DESC, number DESC"
)
_CONSUME = "UPDATE reply_tokens SET consumed_at = ?, consumed_by = ?, fingerprint = ? WHERE hash = ?"
_CLOSE_OPEN = (
    "UPDATE reply_tokens SET consumed_at = ?1 WHERE agent_id = ?2 AND thread_id = ?3 AND consumed_at IS NULL "
    "AND (?4 IS NULL OR source = ?4) AND hash IS NOT ?5"
)
_CLOSE_ALL = "UPDATE reply_tokens SET consumed_at = ? WHERE agent_id = ? AND consumed_at IS NULL"
_REQUEST_REFRESH = (
    "INSERT INTO refresh_requests (thread_id, agent_id, requested_at, reason) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (agent_id, thread_id) DO UPDATE SET requested_at = excluded.requested_at, reason = excluded.reason"
)
_REFRESH_REQUESTED = "SELECT 1 FROM refresh_requests WHERE agent_id = ? AND thread_id = ?"
_CLEAR_REFRESH = "DELETE FROM refresh_requests WHERE agent_id = ? AND thread_id = ?"


class SqlTokens(TokenStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, token_hash: str) -> ReplyToken | None:
        row = self._execute(_GET, (token_hash,)).fetchone()
        return rows.token(row) if row else None

    def add(self, token: ReplyToken) -> None:
        self._execute(_ADD, rows.token_values(token))

    def open_of(self, thread_id: str, agent_id: str) -> list[ReplyToken]:
        return [rows.token(row) for row in self._execute(_OPEN_OF, (agent_id, thread_id))]

    def consume(self, token_hash: str, at: datetime, *, message_id: str, fingerprint: str) -> None:
        self._execute(_CONSUME, (isoformat(at), message_id, fingerprint, token_hash))

    def close_open(
        self, thread_id: str, agent_id: str, at: datetime, *, source: TokenSource | None = None, keep: str | None = None
    ) -> None:
        self._execute(_CLOSE_OPEN, (isoformat(at), agent_id, thread_id, source and source.value, keep))

    def close_all(self, agent_id: str, at: datetime) -> None:
        self._execute(_CLOSE_ALL, (isoformat(at), agent_id))

    def request_refresh(self, thread_id: str, agent_id: str, at: datetime, reason: str) -> None:
        self._execute(_REQUEST_REFRESH, (thread_id, agent_id, isoformat(at), reason))

    def refresh_requested(self, thread_id: str, agent_id: str) -> bool:
        return self._execute(_REFRESH_REQUESTED, (agent_id, thread_id)).fetchone() is not None

    def clear_refresh(self, thread_id: str, agent_id: str) -> None:
        self._execute(_CLEAR_REFRESH, (agent_id, thread_id))
