"""Bringing the index up to date beside the bus: older messages, missed changes, old words."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any

from agentchatbus.plugin_api import BusError, Event
from agentchatbus_fts5 import schema

logger = logging.getLogger(__name__)

FIRST_FILL_SECONDS = 0.5
"""How long the start waits for older messages to be indexed; the rest follows beside the running bus."""

FILL_STEP = 200
FILL_CHARACTERS = 500_000
"""Messages that are indexed in one unit of work, and about how much text; posts wait that long at most."""

VERIFY_STEP = 20_000
MERGE_PAGES = 100
PROGRESS_SECONDS = 5.0
RETRY_SECONDS = 30.0
FAREWELL_SECONDS = 2.0
QUIET = frozenset({"msg.new", "msg.reply", "msg.react", "msg.unreact", "agent.online", "agent.offline", "agent.typing"})
"""Events after which the index holds no words of messages that are gone."""

SWEEP_SHARE = 20
"""A sweep takes at most one part in so many of the time."""


class Keeper:
    """Keeps the index: fills its gaps, verifies it after a start without a seal, and sweeps old words out."""

    def __init__(self, sql: Any, prefix: Sequence[int], sweep_after: float) -> None:
        self._sql = sql
        self._prefix = prefix
        self._sweep_after = sweep_after
        self._must_verify = False
        self._changed = asyncio.Event()

    async def prepare(self) -> None:
        """Make what is missing, and index older messages for a moment, which is enough for a small database."""
        self._must_verify = await self._sql.write(lambda connection: schema.prepare(connection, self._prefix))
        self._changed.set()
        end = monotonic() + FIRST_FILL_SECONDS
        while monotonic() < end and await self._fill_step():
            pass

    def notice(self, events: Sequence[Event]) -> None:
        """Be told of a commit; only one that may have removed words matters."""
        if any(event.type not in QUIET for event in events):
            self._changed.set()

    async def run(self) -> None:
        """Do what is to be done, for as long as the bus runs."""
        while True:
            try:
                await self._verify()
                await self._fill()
                await self._sweep_for_ever()
            except BusError as error:
                logger.warning("The search index cannot be kept right now (%s); trying again later", error)
            except sqlite3.Error:
                logger.exception("The search index is damaged; a restart makes it anew")
            await asyncio.sleep(RETRY_SECONDS)

    async def close(self) -> None:
        """Sweep if that is quickly done, and seal the index unless it is still to be verified."""
        try:
            await self._sweep(until=monotonic() + FAREWELL_SECONDS)
            if not self._must_verify:
                await self._sql.write(schema.seal)
        except (BusError, sqlite3.Error) as error:
            logger.warning("The search index was not sealed (%s); the next start verifies it", error)

    async def _verify(self) -> None:
        """Make the index anew when messages that it holds were changed without it."""
        if not self._must_verify:
            return
        [highest] = await self._read("SELECT coalesce(max(number), 0) FROM fts5_rows")
        for low in range(0, highest + 1, VERIFY_STEP):
            if await self._read(schema.STALE, low, low + VERIFY_STEP - 1):
                await self._sql.write(lambda connection: schema.recreate(connection, self._prefix))
                logger.warning("Messages were changed while search was switched off; the index is made anew")
                break
        self._must_verify = False

    async def _fill(self) -> None:
        total = done = await self._left()
        told = began = monotonic()
        while done:
            before = monotonic()
            done = await self._fill_step()
            now = monotonic()
            if now - told > PROGRESS_SECONDS:
                logger.info("Indexing older messages for search: %d of %d", total - done, total)
                told = now
            if done:
                await asyncio.sleep(now - before)  # posts take turns with it
        if total:
            logger.info("Indexed %d older messages for search in %.1f seconds", total, monotonic() - began)

    async def _fill_step(self) -> int:
        """Index some messages, the newest first, and return how many are left."""
        left: int = await self._sql.write(_fill_some)
        return left

    async def _left(self) -> int:
        found = await self._read(schema.LEFT)
        return int(found[0])

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._sweep_after)
            self._changed.clear()
            began = monotonic()
            await self._sweep()
            await asyncio.sleep((monotonic() - began) * SWEEP_SHARE)

    async def _sweep(self, until: float | None = None) -> None:
        """Merge the whole index step by step, which leaves the words of removed messages behind."""
        [traces] = await self._read("SELECT traces FROM fts5_state")
        pages, goes_on = -MERGE_PAGES, bool(traces)
        while goes_on and (until is None or monotonic() < until):
            before = monotonic()
            goes_on = await self._sql.write(partial(_merge_some, pages))
            pages = MERGE_PAGES
            if until is None:
                await asyncio.sleep(monotonic() - before)
        if traces and not goes_on:
            await self._sql.write(
                lambda connection: connection.execute("UPDATE fts5_state SET traces = traces - ?", (traces,))
            )

    async def _read(self, statement: str, *values: int) -> Any:
        return await self._sql.read(lambda connection: connection.execute(statement, values).fetchone())


def _fill_some(connection: sqlite3.Connection) -> int:
    gap = connection.execute("SELECT rowid, low, high FROM fts5_gaps ORDER BY high DESC LIMIT 1").fetchone()
    if gap is None:
        return 0
    rowid, low, high = gap
    begin = _begin_of_step(connection.execute(schema.NEWEST_OF, (low, high, FILL_STEP)).fetchall(), low)
    for statement in schema.FILL:
        connection.execute(statement, (begin, high))
    if begin <= low:
        connection.execute("DELETE FROM fts5_gaps WHERE rowid = ?", (rowid,))
    else:
        connection.execute("UPDATE fts5_gaps SET high = ? WHERE rowid = ?", (begin - 1, rowid))
    left: int = connection.execute(schema.LEFT).fetchone()[0]
    return left


def _begin_of_step(messages: Sequence[tuple[int, int]], low: int) -> int:
    """Return the lowest number of the next step, given numbers and lengths from the newest message downwards."""
    characters = 0
    for number, length in messages:
        characters += length
        if characters > FILL_CHARACTERS:
            return number
    return messages[-1][0] if len(messages) == FILL_STEP else low


def _merge_some(pages: int, connection: sqlite3.Connection) -> bool:
    """Merge a bounded part of the index and return whether there is more to merge."""
    before = connection.total_changes
    connection.execute("INSERT INTO fts5_messages (fts5_messages, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before >= 2
