"""Removing a thread: out of sight at once, out of the tables in bounded steps.

A thread can hold more than may be deleted while others wait to write. So its row is emptied and marked, `removals` says
how far the rest has got, and every statement that could still find something of it asks there. What is small is gone
before the removal is answered; what is left goes with the bus's upkeep.
"""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from time import monotonic

STEP_SECONDS = 0.02
"""How long deleting may keep other writers waiting at a time."""

MESSAGES_AT_ONCE = 100
ROWS_AT_ONCE = 2000
"""Tokens and events looked through at once: they are found by their place, as no index by thread is worth its cost."""

REMOVED = "removed"
"""Status of a thread of which only the row is left; no thread that can be seen has it."""

OF_REMOVED = "IN (SELECT thread_id FROM removals)"
"""Follows a thread's id in a condition."""

RESIDUE = ("sqlite", "residue")
"""Namespace and key of the document that is there while traces of deleted text may be left in the file."""

_HIDE = (
    f"UPDATE threads SET status = '{REMOVED}', topic = CAST(id AS BLOB), metadata = NULL, system_prompt = NULL, "
    "summary = NULL, template_id = NULL, creator_admin = NULL, auto_assigned_admin = NULL "
    f"WHERE id = ? AND status <> '{REMOVED}'"
)
_NOTE = (
    "INSERT INTO removals (thread_id, next_token, next_event, last_event) VALUES (?, "
    "(SELECT coalesce(min(number), 0) FROM reply_tokens), (SELECT coalesce(min(id), 0) FROM events), "
    "(SELECT coalesce(max(id), 0) FROM events))"
)
_NOTE_RESIDUE = "INSERT OR IGNORE INTO documents (namespace, key, document) VALUES (?, ?, '{}')"
_DROP_FEW = (
    "DELETE FROM participants WHERE thread_id = ?",
    "DELETE FROM refresh_requests WHERE thread_id = ?",
)
_PENDING = "SELECT thread_id, next_token, next_event, last_event FROM removals LIMIT 1"
_LAST_TOKEN = "SELECT coalesce(max(number), 0) FROM reply_tokens"
_DROP_MESSAGES = "DELETE FROM messages WHERE number IN (SELECT number FROM messages WHERE thread_id = ? LIMIT ?)"
_DROP_TOKENS = "DELETE FROM reply_tokens WHERE number >= ? AND number < ? AND thread_id = ?"
_DROP_EVENTS = "DELETE FROM events WHERE id >= ? AND id < ? AND thread_id = ?"
_NEXT_TOKEN = "UPDATE removals SET next_token = ? WHERE thread_id = ?"
_NEXT_EVENT = "UPDATE removals SET next_event = ? WHERE thread_id = ?"
_FINISH = ("DELETE FROM threads WHERE id = ?", "DELETE FROM removals WHERE thread_id = ?")


def remove(connection: sqlite3.Connection, thread_id: str) -> None:
    """Hide a thread with all that belongs to it, and begin to delete that."""
    if connection.execute(_HIDE, (thread_id,)).rowcount:
        for statement in (_NOTE, *_DROP_FEW):
            connection.execute(statement, (thread_id,))
        connection.execute(_NOTE_RESIDUE, RESIDUE)
        purge(connection)


def purge(connection: sqlite3.Connection) -> int:
    """Delete more of what removed threads left, and return how many steps were taken; 0 says that nothing is left."""
    deadline = monotonic() + STEP_SECONDS
    steps = 0
    while (pending := connection.execute(_PENDING).fetchone()) is not None:
        _step(connection, *pending)
        steps += 1
        if monotonic() >= deadline:
            break
    return steps


def is_pending(connection: sqlite3.Connection) -> bool:
    """Return whether something of a removed thread is still there."""
    return connection.execute(_PENDING).fetchone() is not None


def _step(connection: sqlite3.Connection, thread_id: str, token: int, event: int, last_event: int) -> None:
    execute = connection.execute
    if execute(_DROP_MESSAGES, (thread_id, MESSAGES_AT_ONCE)).rowcount:
        return
    if token <= execute(_LAST_TOKEN).fetchone()[0]:
        execute(_DROP_TOKENS, (token, token + ROWS_AT_ONCE, thread_id))
        execute(_NEXT_TOKEN, (token + ROWS_AT_ONCE, thread_id))
    elif event <= last_event:
        end = min(event + ROWS_AT_ONCE, last_event + 1)  # a later event tells that the thread is gone
        execute(_DROP_EVENTS, (event, end, thread_id))
        execute(_NEXT_EVENT, (end, thread_id))
    else:
        for statement in _FINISH:
            execute(statement, (thread_id,))
