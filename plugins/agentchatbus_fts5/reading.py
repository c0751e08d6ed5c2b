"""Reading candidates from the index, on one snapshot of the database."""

# ruff: noqa: S608 -- the statements are built from constants of this module only

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Any

from agentchatbus.plugin_api import HUMAN, SYSTEM, SearchQuery, isoformat
from agentchatbus.plugin_api import search_language as language
from agentchatbus_fts5 import shards
from agentchatbus_fts5.expressions import expression
from agentchatbus_fts5.filling import BLOCK_BITS
from agentchatbus_fts5.tail import Tail

REACTED = 2000
"""Messages with a reaction that are looked at for one page."""

HIGHEST = 2**63 - 1
READ_AT_ONCE = 4000
"""Characters of a message that are read for its rank."""

_CANDIDATES = f"""
    SELECT m.number, m.id, substr(m.content, 1, {READ_AT_ONCE})
    FROM {{0}} AS f CROSS JOIN messages AS m ON m.number = f.rowid
    WHERE f.{{0}} MATCH ? AND f.rowid BETWEEN ? AND ?"""
_NEWEST_FIRST = " ORDER BY f.rowid DESC LIMIT ?"
_AMONG = " AND f.rowid IN (SELECT value FROM json_each(?))"
_VISIBLE = " AND m.thread_id NOT IN (SELECT thread_id FROM removals)"
_OLDER = " AND m.created_at < ?"
_NEWER = " AND m.created_at >= ?"
_REACTED = "EXISTS (SELECT 1 FROM reactions AS r WHERE r.message_id = m.id AND r.reaction = ?)"
_NUMBERS_REACTED = """
    SELECT DISTINCT m.number FROM reactions AS r CROSS JOIN messages AS m ON m.id = r.message_id
    WHERE r.reaction = ? AND m.number BETWEEN ? AND ? ORDER BY m.number DESC LIMIT ?"""
_BLOCKS = "SELECT block FROM fts5_blocks WHERE oldest < ? AND newest >= ? ORDER BY block DESC"
_ALWAYS = "9999"

Range = tuple[int, int]
Listed = tuple[list[language.Candidate], language.Key | None]


class Reading:
    """One query against one snapshot."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        query: SearchQuery,
        parsed: language.ParsedQuery,
        names: language.Names,
        size: int,
    ) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._parsed = parsed
        self._size = size
        self._match = expression(parsed, names, thread_id=query.thread_id, sees_human_only=query.sees_human_only)
        self._filters, self._values = _filters(parsed)
        self._tail = Tail(query, parsed, names, _VISIBLE + self._filters, self._values)
        self._shards = shards.known(connection)

    def candidates(self, window: language.Window) -> Listed:
        """Return the newest matches of a window, and the oldest number that was looked at when there are older ones."""
        low, high = _bounds(window)
        among, reached = self._among(low, high)
        is_new = window.newest is None
        limit = self._size + 1 if is_new else 2 * self._size
        found = list(islice(self._newest_first(reached or low, high, among, limit), limit))
        if is_new and len(found) > self._size:
            found = found[: self._size]
            return found, found[-1].key
        return found, (reached,) if reached is not None else None

    def _newest_first(self, low: int, high: int, among: list[int] | None, limit: int) -> Iterator[language.Candidate]:
        noted = list(self._tail.matches(self._connection, low, high))
        if among is not None:
            numbers = set(among)
            noted = [candidate for candidate in noted if candidate.key[0] in numbers]
        indexed = self._indexed(low, high, among, limit)
        return merge(noted, indexed, key=_place, reverse=True) if noted else indexed

    def _indexed(self, low: int, high: int, among: list[int] | None, limit: int) -> Iterator[language.Candidate]:
        """Yield what is found in the parts of the index, a part at a time: most queries need only the newest."""
        for shard, begin, end in self._parts(low, high):
            found = self._matches(shard, begin, end, among, limit)
            yield from found
            limit -= len(found)
            if limit <= 0:
                return

    def _parts(self, low: int, high: int) -> Iterator[tuple[int, int, int]]:
        """Yield parts of the index and the runs of numbers in them to look at, newest first."""
        for begin, end in self._ranges(low, high):
            for shard in self._shards:
                first, last = shards.bounds(shard)
                if begin <= last and first <= end:
                    yield shard, max(first, begin), min(last, end)

    def text(self, candidate: language.Candidate) -> str:
        """Return the whole text of a candidate."""
        if len(candidate.text) < READ_AT_ONCE:
            return candidate.text
        [content] = self._execute("SELECT content FROM messages WHERE number = ?", candidate.key).fetchone()
        return str(content)

    def _matches(
        self, shard: int, low: int, high: int, among: list[int] | None, limit: int
    ) -> list[language.Candidate]:
        statement = _CANDIDATES.format(shards.table(shard)) + _VISIBLE + self._filters
        values: list[Any] = [self._match, low, high, *self._values]
        if among is not None:
            near = [number for number in among if low <= number <= high]
            if not near:
                return []
            statement += _AMONG
            values.append(json.dumps(near))
        rows = self._execute(statement + _NEWEST_FIRST, (*values, limit))
        return [language.Candidate((number,), message_id, text) for number, message_id, text in rows]

    def _among(self, low: int, high: int) -> tuple[list[int] | None, int | None]:
        """Return the newest messages with the reaction asked for, and the oldest of them when there are more.

        There are few of them as a rule, so the search begins with them.
        """
        reaction = next((one.reaction for one in self._parsed.reactions if one.wanted), None)
        if reaction is None:
            return None, None
        numbers = [row[0] for row in self._execute(_NUMBERS_REACTED, (reaction, low, high, REACTED + 1))]
        return numbers[:REACTED], numbers[REACTED - 1] if len(numbers) > REACTED else None

    def _ranges(self, low: int, high: int) -> Iterator[Range]:
        """Yield the runs of numbers in which messages of the time asked for can be, newest first."""
        before, after = self._parsed.before, self._parsed.after
        if before is None and after is None:
            yield low, high
            return
        blocks = self._execute(_BLOCKS, (isoformat(before) if before else _ALWAYS, isoformat(after) if after else ""))
        for first, last in _runs(block for (block,) in blocks.fetchall()):
            begin, end = max(low, first << BLOCK_BITS), min(high, ((last + 1) << BLOCK_BITS) - 1)
            if begin <= end:
                yield begin, end


def names_in(connection: sqlite3.Connection, parsed: language.ParsedQuery) -> language.Names:
    """Look up the names of agents and threads that a query mentions."""
    leaves = list(parsed.leaves())
    people = {leaf.name for leaf in leaves if isinstance(leaf, language.From)}
    threads = {leaf.thread for leaf in leaves if isinstance(leaf, language.In)}
    agents = connection.execute("SELECT id, name, display_name FROM agents").fetchall() if people else []
    return language.Names(
        agents={name: {row[0] for row in agents if language.wanted(name, *row)} for name in people},
        threads={thread: _threads(connection, thread) for thread in threads},
    )


def notes_on(parsed: language.ParsedQuery, names: language.Names, *, is_empty: bool) -> list[str]:
    """Say what ``in:`` names and does not exist, and on an empty page what ``from:`` names as well.

    Whoever is no agent any more, or never was one, may have written messages; people and the bus never were.
    """
    leaves = dict.fromkeys(parsed.leaves())
    threads = [leaf.thread for leaf in leaves if isinstance(leaf, language.In)]
    people = [leaf.name for leaf in leaves if isinstance(leaf, language.From) and is_empty]
    return [
        *(f"There is no thread {thread!r}." for thread in threads if not names.threads.get(thread)),
        *(
            f"No agent is called {name!r}; write whole words of a name."
            for name in people
            if not names.agents.get(name) and name.casefold() not in (HUMAN, SYSTEM)
        ),
    ]


def _threads(connection: sqlite3.Connection, wanted: str) -> set[str]:
    exact = connection.execute("SELECT id FROM threads WHERE id = ? OR topic = ?", (wanted, wanted)).fetchall()
    if exact:
        return {thread_id for (thread_id,) in exact}
    plain = wanted.casefold()
    every = connection.execute("SELECT id, topic FROM threads")
    return {thread_id for thread_id, topic in every if topic.casefold() == plain}


def _filters(parsed: language.ParsedQuery) -> tuple[str, list[str]]:
    filters, values = "", []
    for moment, condition in ((parsed.before, _OLDER), (parsed.after, _NEWER)):
        if moment is not None:
            filters += condition
            values.append(isoformat(moment))
    for reaction in parsed.reactions:
        filters += f" AND {'' if reaction.wanted else 'NOT '}{_REACTED}"
        values.append(reaction.reaction)
    return filters, values


def _place(candidate: language.Candidate) -> language.Key:
    return candidate.key


def _bounds(window: language.Window) -> Range:
    low = window.oldest[0] if window.oldest else 0
    high = window.newest[0] if window.newest else HIGHEST
    return low, min(high, window.below[0] - 1) if window.below else high


def _runs(blocks: Iterator[int]) -> Iterator[Range]:
    """Join neighbouring blocks, given from the highest to the lowest, into runs."""
    first = last = next(blocks, None)
    if first is None or last is None:
        return
    for block in blocks:
        if block != first - 1:
            yield first, last
            last = block
        first = block
    yield first, last
