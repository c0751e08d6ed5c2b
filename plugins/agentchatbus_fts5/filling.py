"""Taking messages into the index: new and changed ones in batches, older ones from the newest downwards.

FTS5 writes a piece of its index for each unit of work, however little is in it. So a message is first noted, in its own
transaction, and searches look through the few that are noted; many are taken in at once.
"""

# ruff: noqa: S608 -- the statements are built from constants and numbers of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from agentchatbus_fts5 import shards
from agentchatbus_fts5.schema import STAMP

BLOCK_BITS = 10
"""A block is a run of 1,024 numbers of messages; its times tell which numbers a date can mean."""

CHARACTERS = 500_000
"""About how much text is taken in at once; posts wait that long at most."""

LOOKED_THROUGH = 1000
"""Noted messages that a search looks through, the newest; the others are not found until they are indexed."""

LEFT = f"""
    SELECT (SELECT coalesce(sum(high - low + 1), 0) FROM fts5_gaps)
        + max(0, (SELECT count(*) FROM fts5_tail) - {LOOKED_THROUGH})"""
"""Counts the messages that searches do not find yet."""

_NOT_INDEXED = "m.number NOT IN (SELECT number FROM fts5_rows WHERE number BETWEEN ?1 AND ?2)"
_OLDER = "messages AS m WHERE m.number BETWEEN ?1 AND ?2"
_NOTED = "fts5_tail AS t CROSS JOIN messages AS m ON m.number = t.number WHERE t.number BETWEEN ?1 AND ?2"
_TOUCH_BLOCKS = f"""
    INSERT INTO fts5_blocks
    SELECT m.number >> {BLOCK_BITS} AS block, min(m.created_at), max(m.created_at) FROM {{0}} GROUP BY block
    ON CONFLICT (block) DO UPDATE
    SET oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)"""
_NOTE_ROWS = f"INSERT OR IGNORE INTO fts5_rows SELECT m.number, {STAMP.format('m')} FROM {{0}}"
_FORGET = "DELETE FROM fts5_tail WHERE number BETWEEN ?1 AND ?2"

_NEWEST_OF_GAP = (
    "SELECT number, length(content) FROM messages WHERE number BETWEEN ? AND ? ORDER BY number DESC LIMIT ?"
)
_OLDEST_NOTED = """
    SELECT t.number, coalesce(length(m.content), 0) FROM fts5_tail AS t LEFT JOIN messages AS m ON m.number = t.number
    ORDER BY t.number LIMIT ?"""


class Progress(NamedTuple):
    """How many messages are left, about, and whether a part of the index was completed."""

    left: int = 0
    has_completed: bool = False


def fold(connection: sqlite3.Connection, limit: int) -> Progress:
    """Index some of the messages that are noted, the oldest first."""
    noted = connection.execute(_OLDEST_NOTED, (limit,)).fetchall()
    if not noted:
        return Progress()
    low = noted[0][0]
    _, end = shards.bounds(low >> shards.BITS)
    numbers = [number for number in _fitting(noted) if number <= end]
    begins_part = _take_in(connection, _NOTED, low, numbers[-1])
    left: int = connection.execute("SELECT count(*) FROM fts5_tail").fetchone()[0]
    return Progress(left, has_completed=begins_part)  # the part before it gets no more


def fill(connection: sqlite3.Connection, limit: int) -> Progress:
    """Index some of the older messages, the newest first."""
    gap = connection.execute("SELECT rowid, low, high FROM fts5_gaps ORDER BY high DESC LIMIT 1").fetchone()
    if gap is None:
        return Progress()
    rowid, low, high = gap
    shard = high >> shards.BITS
    end = begin = max(low, shards.bounds(shard)[0])
    found = connection.execute(_NEWEST_OF_GAP, (begin, high, limit)).fetchall()
    fitting = _fitting(found)
    if len(fitting) < len(found) or len(found) == limit:
        begin = fitting[-1]
    if found:
        _take_in(connection, _OLDER, begin, high)
    if begin == end:
        shards.complete(connection, shard)
    if begin <= low:
        connection.execute("DELETE FROM fts5_gaps WHERE rowid = ?", (rowid,))
    else:
        connection.execute("UPDATE fts5_gaps SET high = ? WHERE rowid = ?", (begin - 1, rowid))
    left: int = connection.execute("SELECT coalesce(sum(high - low + 1), 0) FROM fts5_gaps").fetchone()[0]
    return Progress(left, has_completed=begin == end)


def _take_in(connection: sqlite3.Connection, source: str, low: int, high: int) -> bool:
    """Index what is not indexed of a range of numbers that lies in one part, and return whether that part is new."""
    shard = low >> shards.BITS
    is_new = shards.ensure(connection, shard)
    adding = shards.adding(shard, f"{source} AND {_NOT_INDEXED} ORDER BY m.number")
    for statement in (adding, _TOUCH_BLOCKS.format(source), _NOTE_ROWS.format(source), _FORGET):
        connection.execute(statement, (low, high))
    return is_new


def _fitting(messages: Sequence[tuple[int, int]]) -> list[int]:
    """Return the numbers of the first messages, given with their lengths, that are not too much at once."""
    sizes = [0]
    for _, length in messages:
        sizes.append(sizes[-1] + length)
    pairs = zip(messages, sizes, strict=False)
    return [number for (number, _), before in takewhile(lambda pair: pair[1] < CHARACTERS, pairs)]
