"""The index in parts: one FTS5 table for each run of numbers of messages.

FTS5 merges whatever it likes in one go, and merging away what was deleted ends only where something is left. So no
table is larger than a writer may wait for. A search begins with the newest part and goes on until it has enough.
"""

# ruff: noqa: S608 -- the statements are built from constants and numbers of this package only

from __future__ import annotations

import sqlite3

from agentchatbus_fts5 import functions

BITS = 14
"""A part is a run of 16,384 numbers of messages."""

MESSAGES = "fts5_messages"
_COLUMNS = "rowid, content, author_name, metadata"
_INDEXED = (
    "{0}.number, fts5_text({0}.content), fts5_author({0}.author, {0}.author_name, {0}.author_id), "
    "fts5_marks({0}.thread_id, {0}.metadata, {0}.edit_version)"
)
_IS_INDEXED = "EXISTS (SELECT 1 FROM fts5_rows WHERE number = old.number)"
_TEXTS = "content, author, author_id, author_name, thread_id, metadata, edit_version"
_TRIGGERS = {
    "fts5_added": "AFTER INSERT ON main.messages BEGIN INSERT OR IGNORE INTO fts5_tail VALUES (new.number); END",
    "fts5_dropped": "AFTER DELETE ON main.messages BEGIN DELETE FROM fts5_tail WHERE number = old.number; END",
    "fts5_removed": f"AFTER DELETE ON main.messages WHEN {_IS_INDEXED} BEGIN {{remove}} END",
    "fts5_changed": (
        f"AFTER UPDATE OF {_TEXTS} ON main.messages WHEN {_IS_INDEXED} "
        "BEGIN {remove} INSERT OR IGNORE INTO fts5_tail VALUES (new.number); END"
    ),
}
_FORGET = """
    DELETE FROM fts5_rows WHERE number = old.number;
    UPDATE fts5_shards SET traces = traces + 1 WHERE shard = old.number >> {bits};"""


def table(shard: int) -> str:
    """Return the name of a part's table."""
    return f"{MESSAGES}_{shard}"


def bounds(shard: int) -> tuple[int, int]:
    """Return the lowest and the highest number of a part."""
    return shard << BITS, ((shard + 1) << BITS) - 1


def known(connection: sqlite3.Connection) -> list[int]:
    """Return the parts that there are, the newest first."""
    return [shard for (shard,) in connection.execute("SELECT shard FROM fts5_shards ORDER BY shard DESC").fetchall()]


def adding(shard: int, source: str) -> str:
    """Return the statement that indexes messages of a part; `source` follows FROM and calls the messages ``m``."""
    return f"INSERT INTO {table(shard)} ({_COLUMNS}) SELECT {_INDEXED.format('m')} FROM {source}"


def ensure(connection: sqlite3.Connection, shard: int) -> bool:
    """Make a part that is missing, and return whether it was."""
    if connection.execute("SELECT 1 FROM fts5_shards WHERE shard = ?", (shard,)).fetchone():
        return False
    [prefix] = connection.execute("SELECT prefix FROM fts5_state").fetchone()
    options = (
        "content='messages', content_rowid='number', columnsize=0, "
        "tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co Mc'\""
    )
    options += f", prefix='{prefix}'" if prefix else ""
    name = table(shard)
    connection.execute(f"CREATE VIRTUAL TABLE {name} USING fts5(content, author_name, metadata, {options})")
    connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('automerge', 8)")
    connection.execute("INSERT INTO fts5_shards VALUES (?, 0, 0)", (shard,))
    complete(connection, shard - 1)
    watch(connection)
    return True


def complete(connection: sqlite3.Connection, shard: int) -> None:
    """Note that a part gets no more messages: in one piece it is searched faster."""
    connection.execute("UPDATE fts5_shards SET is_loose = 1 WHERE shard = ?", (shard,))


def watch(connection: sqlite3.Connection) -> None:
    """Make the triggers that keep all parts, on the connection that writes."""
    removes = [_removing(shard) for shard in known(connection)]
    remove = "\n".join([*removes, _FORGET.format(bits=BITS)])
    for name, body in _TRIGGERS.items():
        connection.execute(f"DROP TRIGGER IF EXISTS temp.{name}")
        connection.execute(f"CREATE TEMP TRIGGER {name} {body.format(remove=remove)}")


def discard(connection: sqlite3.Connection, shard: int) -> None:
    """Remove a part with all that is known of it."""
    connection.execute("DELETE FROM fts5_rows WHERE number BETWEEN ? AND ?", bounds(shard))
    connection.execute("DELETE FROM fts5_shards WHERE shard = ?", (shard,))
    watch(connection)  # else the triggers would name a table that is gone
    drop(connection, table(shard))


def discard_if_empty(connection: sqlite3.Connection, shard: int) -> bool:
    """Remove a part in which no message is left, and return whether it was."""
    if connection.execute("SELECT 1 FROM fts5_rows WHERE number BETWEEN ? AND ? LIMIT 1", bounds(shard)).fetchone():
        return False
    discard(connection, shard)
    return True


def is_usable(connection: sqlite3.Connection, shard: int) -> bool:
    """Return whether a part can be read."""
    try:
        connection.execute(f"SELECT rowid FROM {table(shard)}(?) LIMIT 1", (functions.EVERY,)).fetchall()
    except sqlite3.DatabaseError:  # it is damaged, or another version of SQLite wrote it
        return False
    return True


def merge(connection: sqlite3.Connection, shard: int, pages: int) -> bool:
    """Merge some pages of a part, which leaves the words of removed messages behind; return whether there is more."""
    before, name = connection.total_changes, table(shard)
    connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before >= 2


def drop(connection: sqlite3.Connection, name: str) -> None:
    """Drop a table of FTS5, a damaged one too."""
    try:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    except sqlite3.DatabaseError:
        # It is damaged, or has a form that only a newer SQLite knows. FTS5 drops nothing that it cannot open, so it is
        # given an empty index of its own form first.
        connection.execute(f"UPDATE {name}_config SET v = 4 WHERE k = 'version'")
        connection.execute(f"DELETE FROM {name}_data")
        connection.execute(f"INSERT INTO {name}_data VALUES (1, x''), (10, x'00000000000000')")
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _removing(shard: int) -> str:
    low, high = bounds(shard)
    name = table(shard)
    return (
        f"INSERT INTO {name} ({name}, {_COLUMNS}) SELECT 'delete', {_INDEXED.format('old')} "
        f"WHERE old.number BETWEEN {low} AND {high};"
    )
