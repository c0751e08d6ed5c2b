"""Messages that are noted and not yet indexed, looked through one by one."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from agentchatbus.plugin_api import SearchQuery
from agentchatbus.plugin_api import search_language as language
from agentchatbus_fts5.filling import LOOKED_THROUGH
from agentchatbus_fts5.functions import object_of

_NOTED = f"""
    SELECT m.number, m.id, m.content, m.author, m.author_name, m.author_id, m.thread_id, m.metadata, m.edit_version
    FROM (SELECT number FROM fts5_tail ORDER BY number DESC LIMIT {LOOKED_THROUGH}) AS t
    CROSS JOIN messages AS m ON m.number = t.number
    WHERE t.number BETWEEN ? AND ?"""
_NEWEST_FIRST = " ORDER BY t.number DESC"


class Tail:
    """What a query finds among them.

    Args:
        query: What was asked for.
        parsed: Its meaning.
        names: What the names in it stand for.
        filters: Further conditions on the messages ``m`` as SQL, each after an AND.
        values: The values of these conditions.
    """

    def __init__(
        self,
        query: SearchQuery,
        parsed: language.ParsedQuery,
        names: language.Names,
        filters: str,
        values: Sequence[Any],
    ) -> None:
        self._query = query
        self._parsed = parsed
        self._names = names
        self._statement = _NOTED + filters + _NEWEST_FIRST
        self._values = values

    def matches(self, connection: sqlite3.Connection, low: int, high: int) -> Iterator[language.Candidate]:
        """Yield those of a range of numbers, newest first."""
        for row in connection.execute(self._statement, (low, high, *self._values)).fetchall():
            document = _document(row)
            if self._is_in_sight(document) and language.matches(self._parsed, document, self._names):
                yield language.Candidate((row[0],), row[1], row[2])

    def _is_in_sight(self, document: language.Document) -> bool:
        if self._query.thread_id is not None and document.thread_id != self._query.thread_id:
            return False
        return self._query.sees_human_only or language.MessageMark.HUMAN_ONLY not in document.marks


def _document(row: tuple[Any, ...]) -> language.Document:
    _, _, content, author, author_name, author_id, thread_id, metadata, edit_version = row
    names = dict.fromkeys((author_name, author))
    return language.Document(
        words=language.words_of(content),
        author=author,
        author_id=author_id,
        author_names=tuple(map(language.words_of, names)),
        thread_id=thread_id,
        marks=frozenset(language.marks_of(object_of(metadata), edit_version)),
    )
