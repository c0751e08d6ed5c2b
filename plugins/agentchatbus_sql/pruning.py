"""Removing what is old, a bounded number of rows at a time, so that no writer waits long behind it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from agentchatbus.plugin_api import isoformat

BATCH = 1000

_OLDEST_EVENTS = "SELECT id, created_at FROM events ORDER BY id LIMIT ?"
_DROP_EVENTS = "DELETE FROM events WHERE id <= ?"
_DROP_TOKENS = (
    "DELETE FROM reply_tokens WHERE number IN (SELECT number FROM reply_tokens WHERE consumed_at < ? LIMIT ?)"
)
_DROP_ABANDONED = (
    "DELETE FROM reply_tokens WHERE number IN (SELECT number FROM reply_tokens"
    " WHERE agent_id IS NULL AND consumed_at IS NULL AND issued_at < ? LIMIT ?)"
)
_DROP_ANSWERS = "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE created_at < ? LIMIT ?)"


def prune(
    connection: sqlite3.Connection, events_before: datetime, tokens_before: datetime, answers_before: datetime
) -> int:
    """Remove one batch of each kind and return how many rows went."""
    return (
        _drop_events(connection, isoformat(events_before))
        + connection.execute(_DROP_TOKENS, (isoformat(tokens_before), BATCH)).rowcount
        + connection.execute(_DROP_ABANDONED, (isoformat(tokens_before), BATCH)).rowcount
        + connection.execute(_DROP_ANSWERS, (isoformat(answers_before), BATCH)).rowcount
    )


def _drop_events(connection: sqlite3.Connection, before: str) -> int:
    """Remove from the log's old end only: a gap in its middle would be silence for whoever reads on from a cursor."""
    last = None
    for event_id, created_at in connection.execute(_OLDEST_EVENTS, (BATCH,)).fetchall():
        if created_at >= before:
            break
        last = event_id
    return 0 if last is None else connection.execute(_DROP_EVENTS, (last,)).rowcount
