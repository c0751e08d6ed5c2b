"""Threads and their settings."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from typing import Any

from agentchatbus.plugin_api import Thread, ThreadQuery, ThreadSettings, ThreadStatus, ThreadStore
from agentchatbus_sql import rows

_AFTER_EVERY_TIME = "~"
"""Sorts after every time as text, so that a first page needs no statement of its own."""

_GET = f"SELECT {rows.THREAD} FROM threads WHERE id = ?"
_BY_TOPIC = f"SELECT {rows.THREAD} FROM threads WHERE topic = ?"
_ADD = f"INSERT INTO threads ({rows.THREAD}) VALUES ({rows.marks(rows.THREAD)})"
_UPDATE = (
    "UPDATE threads SET topic = ?, created_at = ?, status = ?, updated_at = ?, closed_at = ?, summary = ?, "
    "metadata = ?, system_prompt = ?, template_id = ? WHERE id = ?"
)
_PUT_SETTINGS = (
    "UPDATE threads SET auto_administrator_enabled = ?, timeout_seconds = ?, switch_timeout_seconds = ?, "
    "creator_admin = ?, auto_assigned_admin = ? WHERE id = ?"
)
_OF_STATUS = "status = ?"
_LISTED = f"status <> '{ThreadStatus.ARCHIVED.value}'"
_ANY = "TRUE"
_PAGE = {
    which: (
        f"SELECT {rows.THREAD} FROM threads WHERE {which} AND (created_at, id) < (?, ?) "
        "ORDER BY created_at DESC, id DESC LIMIT ?"
    )
    for which in (_OF_STATUS, _LISTED, _ANY)
}
_COUNT = {which: f"SELECT count(*) FROM threads WHERE {which}" for which in (_OF_STATUS, _LISTED, _ANY)}


class SqlThreads(ThreadStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, thread_id: str) -> Thread | None:
        return self._one(_GET, thread_id)

    def by_topic(self, topic: str) -> Thread | None:
        return self._one(_BY_TOPIC, topic)

    def _one(self, statement: str, key: str) -> Thread | None:
        row = self._execute(statement, (key,)).fetchone()
        return rows.thread(row) if row else None

    def page(self, query: ThreadQuery) -> list[Thread]:
        which, values = _which(query)
        created_at, thread_id = query.before or (None, "")
        before = rows.moment_text(created_at) if created_at else _AFTER_EVERY_TIME
        limit = -1 if query.limit is None else query.limit
        found = self._execute(_PAGE[which], (*values, before, thread_id, limit))
        return [rows.thread(row) for row in found]

    def count(self, query: ThreadQuery) -> int:
        which, values = _which(query)
        number: int = self._execute(_COUNT[which], values).fetchone()[0]
        return number

    def add(self, thread: Thread) -> None:
        self._execute(_ADD, rows.thread_values(thread))

    def update(self, thread: Thread) -> None:
        thread_id, topic, created_at, status, _, *others = rows.thread_values(thread)[:11]
        self._execute(_UPDATE, (topic, created_at, status, *others, thread_id))

    def put_settings(self, thread_id: str, settings: ThreadSettings) -> None:
        self._execute(_PUT_SETTINGS, (*rows.settings_values(settings), thread_id))


def _which(query: ThreadQuery) -> tuple[str, tuple[Any, ...]]:
    if query.status is not None:
        return _OF_STATUS, (query.status.value,)
    return (_ANY if query.include_archived else _LISTED), ()
