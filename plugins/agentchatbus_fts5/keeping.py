"""Keeping the index beside the bus: new messages, older messages, missed changes, old words."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

from agentchatbus.plugin_api import BusError, Event
from agentchatbus_fts5 import filling, schema, shards

logger = logging.getLogger(__name__)

FIRST_FILL_SECONDS = 0.5
"""How long the start waits for older messages to be indexed; the rest follows beside the running bus."""

FILL_STEP = 200
"""Messages that are indexed in one unit of work."""

FOLD_AT = 64
FOLD_SECONDS = 1.0
"""How many new messages are indexed together, and how long they wait for each other."""

MERGE_PAGES = 100
PROGRESS_SECONDS = 5.0
RETRY_SECONDS = 30.0
FAREWELL_SECONDS = 2.0
QUIET = frozenset({"msg.new", "msg.reply", "msg.react", "msg.unreact", "agent.online", "agent.offline", "agent.typing"})
"""Events after which the index holds no words of messages that are gone."""

SWEEP_SHARE = 20
SWEEP_PAUSE = 60.0
"""A sweep takes at most one part in so many of the time; so many seconds after it the next one may begin anyway."""


class Keeper:
    """Keeps the index: takes in messages, verifies it after a start without a seal, and sweeps old words out."""

    def __init__(self, sql: Any, prefix: Sequence[int], sweep_after: float) -> None:
        self._sql = sql
        self._prefix = prefix
        self._sweep_after = sweep_after
        self._must_verify = False
        self._changed = asyncio.Event()
        self._arrived = asyncio.Event()
        self._is_full = asyncio.Event()
        self._noted = 0

    async def prepare(self) -> None:
        """Make what is missing, and index messages for a moment, which is enough for a small database."""
        self._must_verify = await self._sql.write(lambda connection: schema.prepare(connection, self._prefix))
        self._changed.set()
        self.wake()
        end = monotonic() + FIRST_FILL_SECONDS
        while monotonic() < end and (await self._step(filling.fold) or await self._step(filling.fill)):
            pass

    def notice(self, events: Sequence[Event]) -> None:
        """Be told of a commit."""
        self._arrived.set()
        self._noted += len(events)
        if self._noted >= FOLD_AT:
            self._is_full.set()
        if any(event.type not in QUIET for event in events):  # which alone may have removed words
            self._changed.set()

    def wake(self) -> None:
        """Index what is noted without further delay."""
        self._arrived.set()
        self._is_full.set()

    async def run(self) -> None:
        """Do what is to be done, for as long as the bus runs."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._again_and_again(self._fold_for_ever))
            tasks.create_task(self._again_and_again(self._look_after))

    async def close(self) -> None:
        """Sweep if that is quickly done, and seal the index unless it is still to be verified."""
        try:
            await self._sweep(until=monotonic() + FAREWELL_SECONDS)
            if not self._must_verify:
                await self._sql.write(schema.seal)
        except (BusError, sqlite3.Error) as error:
            logger.warning("The search index was not sealed (%s); the next start verifies it", error)

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except BusError as error:
                logger.warning("The search index cannot be kept right now (%s); trying again later", error)
            except sqlite3.Error:
                logger.exception("The search index is damaged; a restart makes what is damaged anew")
            await asyncio.sleep(RETRY_SECONDS)

    async def _fold_for_ever(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(FOLD_SECONDS):
                    await self._is_full.wait()
            self._is_full.clear()
            self._noted = 0
            while await self._step(filling.fold):
                pass

    async def _look_after(self) -> None:
        await self._verify()
        await self._fill()
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._sweep_after)
            self._changed.clear()
            began = monotonic()
            await self._sweep()
            await asyncio.sleep(min(SWEEP_PAUSE, (monotonic() - began) * SWEEP_SHARE))

    async def _verify(self) -> None:
        """Make the parts of the index anew that hold messages which were changed without it."""
        if not self._must_verify:
            return
        for shard in await self._read(shards.known):
            if await self._read(partial(_is_stale, shard=shard)):
                await self._sql.write(partial(schema.renew, shard=shard))
                logger.warning("Messages were changed while search was switched off; part of the index is made anew")
        self._must_verify = False

    async def _fill(self) -> None:
        [total] = await self._read(lambda connection: connection.execute(filling.LEFT).fetchone())
        left, told = total, monotonic()
        began = told
        while left:
            before = monotonic()
            left = await self._step(filling.fill)
            now = monotonic()
            if now - told > PROGRESS_SECONDS:
                logger.info("Indexing older messages for search: %d of %d", total - left, total)
                told = now
            if left:
                await asyncio.sleep(now - before)  # posts take turns with it
        if total:
            logger.info("Indexed %d older messages for search in %.1f seconds", total, monotonic() - began)

    async def _step(self, work: Callable[[sqlite3.Connection, int], filling.Progress]) -> int:
        """Index some messages and return how many are left."""
        progress: filling.Progress = await self._sql.write(lambda connection: work(connection, FILL_STEP))
        if progress.has_completed:
            self._changed.set()
        return progress.left

    async def _sweep(self, until: float | None = None) -> None:
        """Merge parts step by step, which leaves the words of removed messages behind.

        Args:
            until: Merge only parts with such words in them, and no longer than up to this moment.
        """
        for shard, traces in await self._read(_unswept if until is None else _traces):
            if until is not None and monotonic() >= until:
                return
            if not await self._sql.write(partial(shards.discard_if_empty, shard=shard)):
                await self._sweep_part(shard, traces, until)

    async def _sweep_part(self, shard: int, traces: int, until: float | None) -> None:
        pages, goes_on = -MERGE_PAGES, True
        while goes_on and (until is None or monotonic() < until):
            before = monotonic()
            goes_on = await self._sql.write(partial(shards.merge, shard=shard, pages=pages))
            pages = MERGE_PAGES
            if until is None:
                await asyncio.sleep(monotonic() - before)
        if not goes_on:
            statement = "UPDATE fts5_shards SET traces = traces - ?, is_loose = 0 WHERE shard = ?"
            await self._sql.write(lambda connection: connection.execute(statement, (traces, shard)))

    async def _read(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        return await self._sql.read(work)


def _is_stale(connection: sqlite3.Connection, shard: int) -> bool:
    return connection.execute(schema.STALE, shards.bounds(shard)).fetchone() is not None


def _traces(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    return connection.execute("SELECT shard, traces FROM fts5_shards WHERE traces > 0 ORDER BY shard").fetchall()


def _unswept(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    unswept = "SELECT shard, traces FROM fts5_shards WHERE traces > 0 OR is_loose ORDER BY shard"
    return connection.execute(unswept).fetchall()
