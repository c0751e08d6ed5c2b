"""The tables of the index.

They lie in the database beside the messages. What keeps them are temporary triggers (`shards`): they live on the
writing connection for as long as the bus runs with this plugin. Without the plugin nothing of it is ever run, and
`fts5_rows` tells the next start with it what was missed.
"""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from agentchatbus_fts5 import functions, shards

FORM = 3
"""Counts the forms of the tables; another one makes the index anew."""

STAMP = "substr({0}.id, -8) || {0}.edit_version"
"""Tells the state of a message that is indexed."""

_TABLES = {
    "fts5_rows": "number INTEGER PRIMARY KEY, stamp TEXT NOT NULL",
    "fts5_tail": "number INTEGER PRIMARY KEY",
    "fts5_gaps": "low INTEGER NOT NULL, high INTEGER NOT NULL",
    "fts5_blocks": "block INTEGER PRIMARY KEY, oldest TEXT NOT NULL, newest TEXT NOT NULL",
    "fts5_shards": "shard INTEGER PRIMARY KEY, traces INTEGER NOT NULL, is_loose INTEGER NOT NULL",
    "fts5_state": "form INTEGER NOT NULL, prefix TEXT NOT NULL, sealed_at INTEGER",
}
"""Which message is indexed in which state; new and changed messages that are looked through until they are indexed;
ranges of older numbers still to be indexed; the times of each block; the parts, how many messages left traces in them,
and whether one lies in more pieces than it has to; the form of the index, and the newest event when it was last
closed."""

STALE = f"""
    SELECT r.number FROM fts5_rows AS r LEFT JOIN messages AS m ON m.number = r.number
    WHERE r.number BETWEEN ? AND ? AND r.stamp IS NOT {STAMP.format("m")} LIMIT 1"""
"""Finds an indexed message of a range of numbers that was changed, removed or replaced without the triggers."""

_NOTE_GAP = """
    INSERT INTO fts5_gaps SELECT known + 1, newest FROM (
        SELECT max(
                coalesce((SELECT max(number) FROM fts5_rows), 0), coalesce((SELECT max(high) FROM fts5_gaps), 0),
                coalesce((SELECT max(number) FROM fts5_tail), 0)
            ) AS known,
            (SELECT max(number) FROM messages) AS newest
    ) WHERE newest > known"""
_NOTE_PART = """
    INSERT INTO fts5_gaps SELECT ?1, min(?2, newest) FROM (SELECT max(number) AS newest FROM messages)
    WHERE newest >= ?1"""
_NEWEST_EVENT = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"


def prepare(connection: sqlite3.Connection, prefix: Sequence[int]) -> bool:
    """Bring tables, triggers and functions into being on the writing connection, and note what is still to be indexed.

    Returns:
        Whether the index may have missed changes of messages that it holds.
    """
    functions.install(connection)
    connection.execute("PRAGMA secure_delete = ON")  # what the index gives up is overwritten in the file
    if not _has_form(connection, prefix):
        _recreate(connection, prefix)
    for shard in shards.known(connection):
        if not shards.is_usable(connection, shard):
            renew(connection, shard)
    connection.execute("CREATE INDEX IF NOT EXISTS fts5_by_reaction ON reactions (reaction, message_id)")
    connection.execute(_NOTE_GAP)
    shards.watch(connection)
    return _unseal(connection)


def renew(connection: sqlite3.Connection, shard: int) -> None:
    """Make a part of the index anew: its messages are to be indexed again."""
    shards.discard(connection, shard)
    connection.execute(_NOTE_PART, shards.bounds(shard))


def seal(connection: sqlite3.Connection) -> None:
    """Note that the index agrees with the messages up to the newest event."""
    connection.execute(f"UPDATE fts5_state SET sealed_at = ({_NEWEST_EVENT})")


def _unseal(connection: sqlite3.Connection) -> bool:
    """Return whether something happened since the seal, and break it: it says nothing of a run that ends by a crash."""
    sealed = f"SELECT sealed_at IS ({_NEWEST_EVENT}) FROM fts5_state"
    is_unchanged = bool(connection.execute(sealed).fetchone()[0])
    connection.execute("UPDATE fts5_state SET sealed_at = NULL")
    return not is_unchanged


def _recreate(connection: sqlite3.Connection, prefix: Sequence[int]) -> None:
    """Make the index anew: empty, with all messages still to be indexed."""
    virtual = f"SELECT name FROM sqlite_master WHERE name GLOB '{shards.MESSAGES}*' AND sql LIKE 'CREATE VIRTUAL %'"
    for (name,) in connection.execute(virtual).fetchall():
        shards.drop(connection, name)
    for name, columns in _TABLES.items():
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"CREATE TABLE {name} ({columns})")
    connection.execute("INSERT INTO fts5_state VALUES (?, ?, NULL)", (FORM, _lengths(prefix)))


def _lengths(prefix: Sequence[int]) -> str:
    return " ".join(map(str, sorted(set(prefix))))


def _has_form(connection: sqlite3.Connection, prefix: Sequence[int]) -> bool:
    try:
        found = connection.execute("SELECT form, prefix FROM fts5_state").fetchone()
    except sqlite3.DatabaseError:  # there is none yet, or one of another form
        return False
    return bool(found == (FORM, _lengths(prefix)))
