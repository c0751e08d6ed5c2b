"""The tables of the index and the triggers that keep them.

The tables lie in the database beside the messages. The triggers are temporary: they live on the writing connection for
as long as the bus runs with this plugin. Without the plugin nothing of it is ever run, and `fts5_rows` tells the next
start with it what was missed.
"""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from agentchatbus_fts5 import functions

FORM = 1
"""Counts the forms of the tables; another one makes the index anew."""

BLOCK_BITS = 10
"""A block is a run of 1,024 numbers of messages; its times tell which numbers a date can mean."""

_TABLES = {
    "fts5_rows": "number INTEGER PRIMARY KEY, stamp TEXT NOT NULL",
    "fts5_gaps": "low INTEGER NOT NULL, high INTEGER NOT NULL",
    "fts5_blocks": "block INTEGER PRIMARY KEY, oldest TEXT NOT NULL, newest TEXT NOT NULL",
    "fts5_state": "form TEXT NOT NULL, traces INTEGER NOT NULL, sealed_at INTEGER",
}
"""Which message is indexed in which state; ranges of numbers still to be indexed; the times of each block; the form of
the index, how many rows left traces in it, and the newest event when it was last closed."""

_STAMP = "substr({0}.id, -8) || {0}.edit_version"
_INDEXED = (
    "{0}.number, fts5_text({0}.content), fts5_author({0}.author, {0}.author_name, {0}.author_id), "
    "fts5_marks({0}.thread_id, {0}.metadata, {0}.edit_version)"
)
_COLUMNS = "rowid, content, author_name, metadata"
_TOUCH_BLOCK = f"""
    INSERT INTO fts5_blocks VALUES (new.number >> {BLOCK_BITS}, new.created_at, new.created_at)
    ON CONFLICT (block) DO UPDATE
    SET oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)
    WHERE excluded.oldest < oldest OR excluded.newest > newest;"""
_ADD = f"""
    INSERT INTO fts5_messages ({_COLUMNS}) VALUES ({_INDEXED.format("new")});
    INSERT INTO fts5_rows VALUES (new.number, {_STAMP.format("new")});"""
_REMOVE = f"""
    INSERT INTO fts5_messages (fts5_messages, {_COLUMNS}) VALUES ('delete', {_INDEXED.format("old")});
    DELETE FROM fts5_rows WHERE number = old.number;
    UPDATE fts5_state SET traces = traces + 1;"""
_WAS_INDEXED = "WHEN EXISTS (SELECT 1 FROM fts5_rows WHERE number = old.number)"
_TRIGGERS = {
    "fts5_added": f"AFTER INSERT ON main.messages BEGIN {_ADD} {_TOUCH_BLOCK} END",
    "fts5_changed": (
        "AFTER UPDATE OF content, author, author_id, author_name, thread_id, metadata, edit_version ON main.messages "
        f"{_WAS_INDEXED} BEGIN {_REMOVE} {_ADD} END"
    ),
    "fts5_removed": f"AFTER DELETE ON main.messages {_WAS_INDEXED} BEGIN {_REMOVE} END",
}

FILL = (
    f"""
    INSERT INTO fts5_messages ({_COLUMNS})
    SELECT {_INDEXED.format("m")} FROM messages AS m
    WHERE m.number BETWEEN ?1 AND ?2 AND m.number NOT IN (SELECT number FROM fts5_rows WHERE number BETWEEN ?1 AND ?2)
    ORDER BY m.number""",
    f"""
    INSERT INTO fts5_blocks
    SELECT number >> {BLOCK_BITS} AS block, min(created_at), max(created_at) FROM messages
    WHERE number BETWEEN ?1 AND ?2 GROUP BY block
    ON CONFLICT (block) DO UPDATE
    SET oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)""",
    f"""
    INSERT OR IGNORE INTO fts5_rows
    SELECT m.number, {_STAMP.format("m")} FROM messages AS m WHERE m.number BETWEEN ?1 AND ?2""",
)
"""Indexes the messages of a range of numbers that are not indexed yet."""

NEWEST_OF = "SELECT number, length(content) FROM messages WHERE number BETWEEN ? AND ? ORDER BY number DESC LIMIT ?"
"""Reads how long the newest messages of a range of numbers are."""

LEFT = "SELECT coalesce(sum(high - low + 1), 0) FROM fts5_gaps"
"""Counts the numbers that are still to be indexed."""

STALE = f"""
    SELECT r.number FROM fts5_rows AS r LEFT JOIN messages AS m ON m.number = r.number
    WHERE r.number BETWEEN ? AND ? AND r.stamp IS NOT {_STAMP.format("m")} LIMIT 1"""
"""Finds an indexed message of a range of numbers that was changed, removed or replaced without the triggers."""


_NOTE_GAP = """
    INSERT INTO fts5_gaps SELECT known + 1, newest FROM (
        SELECT max(
                coalesce((SELECT max(number) FROM fts5_rows), 0), coalesce((SELECT max(high) FROM fts5_gaps), 0)
            ) AS known,
            (SELECT max(number) FROM messages) AS newest
    ) WHERE newest > known"""
_NEWEST_EVENT = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"


def prepare(connection: sqlite3.Connection, prefix: Sequence[int]) -> bool:
    """Bring tables, triggers and functions into being on the writing connection, and note what is still to be indexed.

    Returns:
        Whether the index may have missed changes of messages that it holds.
    """
    functions.install(connection)
    connection.execute("PRAGMA secure_delete = ON")  # what the index gives up is overwritten in the file
    if not _is_usable(connection, _form(prefix)):
        recreate(connection, prefix)
    connection.execute("CREATE INDEX IF NOT EXISTS fts5_by_reaction ON reactions (reaction, message_id)")
    for name, body in _TRIGGERS.items():
        connection.execute(f"CREATE TEMP TRIGGER IF NOT EXISTS {name} {body}")
    connection.execute(_NOTE_GAP)
    return _unseal(connection)


def recreate(connection: sqlite3.Connection, prefix: Sequence[int]) -> None:
    """Make the index anew: empty, with all messages still to be indexed."""
    for name in ("fts5_messages", *_TABLES):
        _drop(connection, name)
    lengths = " ".join(map(str, sorted(set(prefix))))
    options = (
        "content='messages', content_rowid='number', columnsize=0, "
        "tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co Mc'\""
    )
    options += f", prefix='{lengths}'" if lengths else ""
    connection.execute(f"CREATE VIRTUAL TABLE fts5_messages USING fts5(content, author_name, metadata, {options})")
    connection.execute("INSERT INTO fts5_messages (fts5_messages, rank) VALUES ('automerge', 8)")
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")
    connection.execute("INSERT INTO fts5_state VALUES (?, 0, NULL)", (_form(prefix),))
    connection.execute(_NOTE_GAP)


def seal(connection: sqlite3.Connection) -> None:
    """Note that the index is complete up to the newest event."""
    connection.execute(f"UPDATE fts5_state SET sealed_at = ({_NEWEST_EVENT})")


def _unseal(connection: sqlite3.Connection) -> bool:
    """Return whether something happened since the seal, and break it: it says nothing of a run that ends by a crash."""
    sealed = f"SELECT sealed_at IS ({_NEWEST_EVENT}) FROM fts5_state"
    is_unchanged = bool(connection.execute(sealed).fetchone()[0])
    connection.execute("UPDATE fts5_state SET sealed_at = NULL")
    return not is_unchanged


def _form(prefix: Sequence[int]) -> str:
    return f"{FORM} {' '.join(map(str, sorted(set(prefix))))}"


def _is_usable(connection: sqlite3.Connection, form: str) -> bool:
    try:
        found = connection.execute("SELECT form FROM fts5_state").fetchone()
        connection.execute("SELECT rowid FROM fts5_messages WHERE fts5_messages MATCH ? LIMIT 1", (functions.EVERY,))
    except sqlite3.DatabaseError:  # there is none, or another version of SQLite wrote it
        return False
    return bool(found == (form,))


def _drop(connection: sqlite3.Connection, name: str) -> None:
    try:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    except sqlite3.DatabaseError:
        # It is damaged, or has a form that only a newer SQLite knows. FTS5 drops nothing that it cannot open, so it is
        # given an empty index of its own form first.
        connection.execute(f"UPDATE {name}_config SET v = 4 WHERE k = 'version'")
        connection.execute(f"DELETE FROM {name}_data")
        connection.execute(f"INSERT INTO {name}_data VALUES (1, x''), (10, x'00000000000000')")
        connection.execute(f"DROP TABLE IF EXISTS {name}")
