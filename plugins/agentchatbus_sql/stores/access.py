"""Access tokens."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from datetime import datetime

from agentchatbus.plugin_api import AccessStore, AccessToken, Scope, isoformat
from agentchatbus_sql import rows

_COLUMNS = "id, name, scope, created_at, expires_at"
_SELECT = f"SELECT {_COLUMNS} FROM access_tokens"
_ADD = f"INSERT INTO access_tokens ({_COLUMNS}, token_hash) VALUES ({rows.marks(_COLUMNS)}, ?)"
_BY_HASH = f"{_SELECT} WHERE token_hash = ?"
_ALL = f"{_SELECT} ORDER BY created_at, rowid"
_REMOVE = "DELETE FROM access_tokens WHERE id = ?"


class SqlAccessTokens(AccessStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def add(self, token: AccessToken, token_hash: str) -> None:
        times = (isoformat(token.created_at), rows.optional_time(token.expires_at))
        self._execute(_ADD, (token.id, token.name, token.scope.value, *times, token_hash))

    def by_hash(self, token_hash: str) -> AccessToken | None:
        row = self._execute(_BY_HASH, (token_hash,)).fetchone()
        return _token(row) if row else None

    def all(self) -> list[AccessToken]:
        return [_token(row) for row in self._execute(_ALL)]

    def remove(self, token_id: str) -> bool:
        return self._execute(_REMOVE, (token_id,)).rowcount > 0


def _token(row: rows.Row) -> AccessToken:
    return AccessToken(
        id=row[0],
        name=row[1],
        scope=Scope(row[2]),
        created_at=datetime.fromisoformat(row[3]),
        expires_at=rows.moment(row[4]),
    )
