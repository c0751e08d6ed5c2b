"""Threads and their settings."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from functools import cache

from agentchatbus.plugin_api import Thread, ThreadQuery, ThreadSettings, ThreadStatus, ThreadStore, isoformat
from agentchatbus_sql import removals, rows

_AFTER_EVERY_TIME = "~"
_BEFORE_EVERY_TIME = ""
"""They sort after and before every time as text, so that a first page needs no statement of its own."""

_IS_THERE = f"status <> '{removals.REMOVED}'"
_GET = f"SELECT {rows.THREAD} FROM threads WHERE id = ? AND {_IS_THERE}"
_BY_TOPIC = f"SELECT {rows.THREAD} FROM threads WHERE topic = ?"
_ADD = f"INSERT INTO threads ({rows.THREAD}) VALUES ({rows.marks(rows.THREAD)})"
_UPDATE = (
    "UPDATE threads SET topic = ?, created_at = ?, status = ?, updated_at = ?, closed_at = ?, archived_from = ?, "
    "summary = ?, metadata = ?, system_prompt = ?, template_id = ? WHERE id = ? "
    f"AND {_IS_THERE}"
)
_PUT_SETTINGS = (
    "UPDATE threads SET auto_administrator_enabled = ?, timeout_seconds = ?, switch_timeout_seconds = ?, "
    "creator_admin = ?, auto_assigned_admin = ?, settings_updated_at = ? WHERE id = ? "
    f"AND {_IS_THERE}"
)
_BY_CREATION = "created_at"
_BY_ACTIVITY = "coalesce(updated_at, created_at)"


class SqlThreads(ThreadStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def get(self, thread_id: str) -> Thread | None:
        return self._one(_GET, thread_id)

    def by_topic(self, topic: str) -> Thread | None:
        return self._one(_BY_TOPIC, topic)

    def _one(self, statement: str, key: str) -> Thread | None:
        row = self._execute(statement, (key,)).fetchone()
        return rows.thread(row) if row else None

    def page(self, query: ThreadQuery) -> list[Thread]:
        moment, thread_id = query.before or (None, "")
        start = _BEFORE_EVERY_TIME if query.oldest_first else _AFTER_EVERY_TIME
        before = isoformat(moment) if moment else start
        limit = -1 if query.limit is None else query.limit
        statement = _page_statement(_labels(query), query.by_activity, query.oldest_first)
        found = self._execute(statement, (before, thread_id, limit))
        return [rows.thread(row) for row in found]

    def count(self, query: ThreadQuery) -> int:
        number: int = self._execute(_count_statement(_labels(query))).fetchone()[0]
        return number

    def add(self, thread: Thread) -> None:
        self._execute(_ADD, rows.thread_values(thread))

    def update(self, thread: Thread) -> None:
        first = (thread.topic, isoformat(thread.created_at), thread.status.value)
        self._execute(_UPDATE, (*first, *rows.changing_values(thread), thread.id))

    def put_settings(self, thread_id: str, settings: ThreadSettings) -> None:
        self._execute(_PUT_SETTINGS, (*rows.settings_values(settings), thread_id))

    def remove(self, thread_id: str) -> None:
        removals.remove(self._connection, thread_id)


def _labels(query: ThreadQuery) -> tuple[ThreadStatus, ...]:
    if query.status is not None:
        return (query.status,)
    return tuple(label for label in ThreadStatus if query.include_archived or label is not ThreadStatus.ARCHIVED)


@cache
def _page_statement(labels: tuple[ThreadStatus, ...], by_activity: bool, oldest_first: bool) -> str:  # noqa: FBT001
    """Return a merge of one range of an index a label, so that one index serves every list.

    Each post moves its thread in the index by activity: a further one for each kind of list would cost more than
    merging does.
    """
    order = _BY_ACTIVITY if by_activity else _BY_CREATION
    past, direction = (">", "ASC") if oldest_first else ("<", "DESC")
    ranges = (
        f"SELECT {rows.THREAD}, {order} AS place FROM threads "
        f"WHERE status = '{label.value}' AND {order} {past}= ?1 AND ({order} {past} ?1 OR id {past} ?2)"
        for label in labels
    )
    return f"{' UNION ALL '.join(ranges)} ORDER BY place {direction}, id {direction} LIMIT ?3"


@cache
def _count_statement(labels: tuple[ThreadStatus, ...]) -> str:
    return f"SELECT count(*) FROM threads WHERE status IN ({', '.join(repr(label.value) for label in labels)})"
