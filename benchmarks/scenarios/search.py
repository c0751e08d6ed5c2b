"""Searching a large database: how long queries take, what the index weighs, and what it adds to a post."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from agentchatbus.plugin_api import Message, SearchIndex, SearchQuery, Storage, StorageContext, Thread, Transaction
from agentchatbus.testing import make_bus
from agentchatbus_fts5 import Fts5Plugin, Fts5Settings
from agentchatbus_sql import SqlitePlugin, SqliteSettings
from benchmarks.measure import Measure, Settings, percentile
from benchmarks.scenarios.search_texts import Texts

GOALS = {100_000: 10.0, 1_000_000: 50.0}
BATCH = 256
PAGE = 50
AT_ONCE = 32
_LOOSE = "SELECT count(*) FROM fts5_shards WHERE is_loose"


async def run(settings: Settings) -> list[Measure]:
    """Fill a database with messages and ask it; ``--messages`` sets their number."""
    count = settings.messages or settings.choose(100_000, 2_000)
    texts = Texts(seed=1)
    measures = []
    with TemporaryDirectory(prefix="agentchatbus-search-") as folder:
        async with opened(Path(folder), with_search=True) as (storage, index):
            assert index is not None
            await fill(storage, texts.messages(count), count, together=True)
            await settled(index)
            await _merged(storage)
            measures += await _queries(index, texts, settings, GOALS.get(count))
            measures += await storage.sql.read(_sizes)
    return measures + await _storing(settings) + await _posting(settings)


@asynccontextmanager
async def opened(folder: Path, *, with_search: bool) -> AsyncIterator[tuple[Storage, SearchIndex | None]]:
    """Open a database in a folder, with the index or without."""
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    [search] = Fts5Plugin(Fts5Settings()).register_search()
    async with offer.open(StorageContext(owner="the benchmarks", data_dir=folder)) as storage:
        index: AbstractAsyncContextManager[SearchIndex | None] = search.open(storage) if with_search else nullcontext()
        async with index as found:
            yield storage, found


async def fill(storage: Storage, messages: Iterable[Message], count: int, *, together: bool = False) -> float:
    """Store messages, some at once; shows how far it is and returns the seconds of storing.

    Args:
        storage: Where to.
        messages: What.
        count: How many they are.
        together: Store many in one unit of work, which is quick; else each in one of its own, as agents do.
    """
    known: set[str] = set()
    done, seconds = 0, 0.0
    for batch in _batches(messages):
        new = sorted({message.thread_id for message in batch} - known)
        known.update(new)
        await storage.write(_opening(new, batch[0]))
        began = perf_counter()
        units = [batch] if together else [[message] for message in batch]
        await asyncio.gather(*(storage.write(_adding(unit)) for unit in units))
        seconds += perf_counter() - began
        done += len(batch)
        if done % (16 * BATCH) < len(batch) or done == count:
            _show("filling", done, count, f", {done / seconds:,.0f}/s" if seconds else "")
    return seconds


async def settled(index: SearchIndex) -> float:
    """Wait until all is in the index but the few messages that searches look through, and return the seconds."""
    began = perf_counter()
    while (await index.query(SearchQuery(text="settled"))).note:  # noqa: ASYNC110 -- it tells nobody
        await asyncio.sleep(0.05)
    return perf_counter() - began


async def _merged(storage: Storage) -> None:
    """Wait until each part of the index that is full lies in one piece, as on a bus that has grown for weeks."""
    [parts] = await storage.sql.read(lambda connection: connection.execute(_LOOSE).fetchone())
    left = parts
    while left:
        await asyncio.sleep(0.2)
        [left] = await storage.sql.read(lambda connection: connection.execute(_LOOSE).fetchone())
        _show("merging", max(0, parts - left), parts)  # one more may have become full


def _batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    rest = iter(messages)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _opening(thread_ids: Sequence[str], message: Message) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for thread_id in thread_ids:
            tx.threads.add(Thread(id=thread_id, topic=f"Topic {thread_id}", created_at=message.created_at))

    return work


def _adding(messages: Sequence[Message]) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for message in messages:
            tx.messages.append(message)

    return work


def _show(what: str, done: int, total: int, unit: str = "") -> None:
    width = 40
    bar = "#" * (width * done // total)
    sys.stderr.write(f"\r  {what} [{bar:<{width}}] {done:,} of {total:,}{unit} " + "\n" * (done == total))
    sys.stderr.flush()


async def _queries(index: SearchIndex, texts: Texts, settings: Settings, goal: float | None) -> list[Measure]:
    rounds = settings.choose(60, 5)
    measures = []
    for name, queries in texts.queries(rounds).items():
        for place, thread_ids in (("all threads", [None] * rounds), ("one thread", texts.some_threads(rounds))):
            asked = list(zip(queries, thread_ids, strict=True))
            milliseconds = [await _time(index, text, thread_id) for text, thread_id in asked]
            label = f"{name}, {place}"
            measures.append(_measure(f"{label}, p50", median(milliseconds)))
            measures.append(_measure(f"{label}, p95", percentile(milliseconds, 0.95), below=goal))
    return measures


async def _time(index: SearchIndex, text: str, thread_id: str | None) -> float:
    """Ask three times and take the middle, because a machine that does something else now and then is no news."""
    taken = []
    for _ in range(3):
        began = perf_counter()
        await index.query(SearchQuery(text=text, thread_id=thread_id, limit=PAGE))
        taken.append((perf_counter() - began) * 1000)
    return median(taken)


def _measure(name: str, value: float, *, below: float | None = None) -> Measure:
    return Measure(scenario="search", name=name, value=value, unit="ms", below=below)


def _sizes(connection: sqlite3.Connection) -> list[Measure]:
    count, text = connection.execute("SELECT count(*), sum(length(CAST(content AS BLOB))) FROM messages").fetchone()
    [index] = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'fts5%'").fetchone()
    return [
        Measure(scenario="search", name="messages", value=float(count)),
        Measure(scenario="search", name="text", value=text / 1e6, unit="MB"),
        Measure(scenario="search", name="index per byte of text", value=index / text, unit="B"),
    ]


async def _storing(settings: Settings) -> list[Measure]:
    """Store messages with the index and without, in turn, so that whatever disturbs the machine disturbs both."""
    count = settings.choose(20_000, 500)
    messages = list(Texts(seed=2).messages(count))
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for with_search in (False, True) * settings.choose(3, 1):
        with TemporaryDirectory(prefix="agentchatbus-search-") as folder:
            async with opened(Path(folder), with_search=with_search) as (storage, index):
                spent = await fill(storage, messages, count)
                seconds[with_search].append((spent + (await settled(index) if index else 0.0)) / count)
    return _compared("storing a message", seconds)


async def _posting(settings: Settings) -> list[Measure]:
    """Post through the bus, 32 posts at once."""
    count = settings.choose(6_000, 200)
    contents = [message.content for message in Texts(seed=3).messages(count)]
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for with_search in (False, True) * settings.choose(3, 1):
        with TemporaryDirectory(prefix="agentchatbus-search-") as folder:
            [storage] = SqlitePlugin(SqliteSettings(path=Path(folder) / "bus.db")).register_storage()
            plugins = [Fts5Plugin(Fts5Settings())] if with_search else []
            async with make_bus(plugins=plugins, storage=storage) as bus:
                began = perf_counter()
                for start in range(0, count, AT_ONCE):
                    await asyncio.gather(*(bus.post(content) for content in contents[start : start + AT_ONCE]))
                seconds[with_search].append((perf_counter() - began) / count)
    return _compared("a post through the bus", seconds)


def _compared(name: str, seconds: dict[bool, list[float]]) -> list[Measure]:
    without, with_index = median(seconds[False]), median(seconds[True])
    return [
        Measure(scenario="search", name=f"{name}, without the index", value=without * 1e6, unit="µs"),
        Measure(scenario="search", name=f"{name}, with the index", value=with_index * 1e6, unit="µs"),
        Measure(scenario="search", name=f"{name}, ratio", value=with_index / without),
    ]
