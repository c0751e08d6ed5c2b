"""The log of events."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agentchatbus.plugin_api import Event, EventBody, EventStore, isoformat
from agentchatbus_sql import rows
from agentchatbus_sql.jsontext import encode_payload

_APPEND = "INSERT INTO events (type, thread_id, payload, created_at) VALUES (?, ?, ?, ?)"
_AFTER = (
    f"SELECT {rows.EVENT} FROM events WHERE id > ? AND NOT EXISTS (SELECT 1 FROM removals "
    "WHERE removals.thread_id = events.thread_id AND events.id <= last_event) ORDER BY id LIMIT ?"
)
_OF_THREAD = (
    f"SELECT {rows.EVENT} FROM events WHERE id > ? AND thread_id = ? AND type IN (SELECT value FROM json_each(?)) "
    "ORDER BY id DESC LIMIT ?"
)
_BOUNDS = "SELECT (SELECT min(id) FROM events), (SELECT seq FROM sqlite_sequence WHERE name = 'events')"


class SqlEvents(EventStore):
    def __init__(self, connection: sqlite3.Connection, appended: list[Event]) -> None:
        self._execute = connection.execute
        self._appended = appended

    def append(self, body: EventBody, at: datetime) -> Event:
        text, payload = encode_payload(body.payload())
        thread_id = body.subject
        inserted = self._execute(_APPEND, (body.type, thread_id, text, isoformat(at)))
        event = Event(
            id=inserted.lastrowid or 0,
            type=body.type,
            thread_id=thread_id,
            payload=payload,
            created_at=at,
        )
        self._appended.append(event)
        return event

    def after(self, event_id: int, limit: int) -> list[Event]:
        return [rows.event(row) for row in self._execute(_AFTER, (event_id, limit))]

    def of_thread(self, thread_id: str, types: Sequence[str], *, after: int, limit: int) -> list[Event]:
        found = self._execute(_OF_THREAD, (after, thread_id, json.dumps(types), limit))
        return [rows.event(row) for row in found][::-1]

    def bounds(self) -> tuple[int, int]:
        lowest, highest = self._execute(_BOUNDS).fetchone()
        highest = highest or 0
        return lowest or highest + 1, highest
