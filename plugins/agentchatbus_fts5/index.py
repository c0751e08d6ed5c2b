"""The opened index."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agentchatbus.plugin_api import Hit, SearchIndex, SearchPage, SearchQuery, Storage
from agentchatbus.plugin_api import search_language as language
from agentchatbus_fts5 import filling
from agentchatbus_fts5.keeping import Keeper
from agentchatbus_fts5.reading import Reading, names_in, notes_on

if TYPE_CHECKING:
    from agentchatbus_fts5 import Fts5Settings


class Fts5Index(SearchIndex):
    """Answers from one snapshot of the database each."""

    def __init__(self, sql: Any, window: int, wake: Callable[[], None]) -> None:
        self._sql = sql
        self._wake = wake
        self._window = window

    async def query(self, query: SearchQuery) -> SearchPage:
        parsed = language.parse(query.text)
        pager = language.WindowPager(query, parsed, int)
        answer: tuple[SearchPage, int] = await self._sql.read(
            lambda connection: self._page(connection, query, parsed, pager)
        )
        page, left = answer
        if left:
            self._wake()
        return page

    def _page(
        self,
        connection: sqlite3.Connection,
        query: SearchQuery,
        parsed: language.ParsedQuery,
        pager: language.WindowPager,
    ) -> tuple[SearchPage, int]:
        names = names_in(connection, parsed)
        reading = Reading(connection, query, parsed, names, self._window)
        chosen: list[language.Candidate] = []
        while not chosen and (window := pager.window) is not None:
            chosen = pager.take(*reading.candidates(window))
        terms = parsed.terms
        hits = tuple(_hit(candidate.message_id, reading.text(candidate), terms) for candidate in chosen)
        left: int = connection.execute(filling.LEFT).fetchone()[0]
        note = self._note(pager, notes_on(parsed, names, is_empty=not hits), left)
        return SearchPage(hits=hits, next_cursor=pager.next_cursor, note=note), left

    def _note(self, pager: language.WindowPager, notes: list[str], left: int) -> str | None:
        if pager.is_partial:
            notes.append(f"Ranked among the newest {self._window} matches; older ones follow on later pages.")
        if left:
            notes.append(f"The index is still being built: about {left} older messages are missing.")
        return " ".join(notes) or None


def _hit(message_id: str, text: str, terms: Sequence[language.Term]) -> Hit:
    snippet, marks = language.snippet(text, terms)
    return Hit(message_id=message_id, snippet=snippet, marks=marks)


@asynccontextmanager
async def open_index(settings: Fts5Settings, storage: Storage) -> AsyncIterator[SearchIndex]:
    """Hold the index open, and keep it up to date beside the bus."""
    keeper = Keeper(storage.sql, settings.prefix, settings.sweep_after_seconds)
    await keeper.prepare()
    storage.on_commit(keeper.notice)
    task = asyncio.create_task(keeper.run(), name="fts5 keeper")
    try:
        yield Fts5Index(storage.sql, settings.window, keeper.wake)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await keeper.close()
