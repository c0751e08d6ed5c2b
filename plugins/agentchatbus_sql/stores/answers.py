"""First answers, for idempotency keys."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3

from agentchatbus.plugin_api import AnswerStore, StoredAnswer, isoformat
from agentchatbus_sql import rows
from agentchatbus_sql.jsontext import encode

_GET = f"SELECT {rows.ANSWER} FROM answers WHERE scope = ? AND key = ?"
_PUT = f"INSERT OR REPLACE INTO answers (scope, key, {rows.ANSWER}) VALUES (?, ?, {rows.marks(rows.ANSWER)})"


class SqlAnswers(AnswerStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, scope: str, key: str) -> StoredAnswer | None:
        row = self._execute(_GET, (scope, key)).fetchone()
        return rows.answer(row) if row else None

    def put(self, scope: str, key: str, answer: StoredAnswer) -> None:
        values = (answer.fingerprint, encode(answer.answer), isoformat(answer.created_at))
        self._execute(_PUT, (scope, key, *values))
