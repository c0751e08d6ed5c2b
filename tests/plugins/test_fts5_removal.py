"""Removing much at once: the index lets go of it part by part, and others write in between."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.testing.contracts.search import SearchSite
from agentchatbus_fts5 import keeping, shards
from tests.plugins import search_process
from tests.plugins.search_kit import count, searched, settled, sqlite, until
from tests.plugins.search_process import SECRET

PROCESS = Path(search_process.__file__)
BITS = search_process.BITS
SIZE = 1 << BITS
MESSAGES = 100

indexed = partial(searched, is_settled=True, sweep_after_seconds=0)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "BITS", BITS)


async def two_threads(site: SearchSite) -> None:
    """Say much in two threads, in turn, and let all of it be indexed."""
    for number in range(MESSAGES):
        await site.say(f"{SECRET} number {number}", "u")
        await site.say(f"word {number}", "t")
    await settled(site.storage)


async def is_swept(site: SearchSite) -> bool:
    def work(connection: sqlite3.Connection) -> bool:
        return connection.execute("SELECT 1 FROM fts5_shards WHERE traces > 0").fetchone() is None

    return bool(await site.storage.sql.read(work))


def words_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes().lower() for path in folder.glob("bus.db*"))


@pytest.mark.usefixtures("small_parts")
async def test_a_removed_thread_is_found_no_more_at_once_and_leaves_the_file(tmp_path: Path) -> None:  # H12
    async with indexed(tmp_path) as site:
        await two_threads(site)
        await site.remove_thread("u")
        assert await site.hits(SECRET) == []
        await until(partial(is_swept, site))
        assert await site.hits(SECRET) == []
        assert len(await site.hits("word", limit=200)) == MESSAGES
    assert SECRET.encode() not in words_in(tmp_path)


@pytest.mark.usefixtures("small_parts")
async def test_others_write_between_the_units_in_which_old_words_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []

    def noted(work: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(connection: sqlite3.Connection, shard: int, **how: Any) -> Any:
            log.append(name)
            return work(connection, shard, **how)

        return call

    async with indexed(tmp_path) as site:
        await two_threads(site)
        monkeypatch.setattr(shards, "discard_if_empty", noted(shards.discard_if_empty, "part"))
        monkeypatch.setattr(shards, "merge", noted(shards.merge, "merge"))
        await site.remove_thread("u")
        while not await is_swept(site):
            await site.say("a post")
            log.append("post")
    parts = 2 * MESSAGES // SIZE
    assert log.count("part") >= parts
    first, last = log.index("part"), len(log) - 1 - log[::-1].index("part")
    assert "post" in log[first:last]


@pytest.mark.usefixtures("small_parts")
async def test_no_unit_touches_more_than_a_part_of_the_index(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await two_threads(site)
        sizes = await site.storage.sql.read(part_sizes)
    assert len(sizes) == 2 * MESSAGES // SIZE + 1
    assert max(sizes.values()) <= SIZE


def part_sizes(connection: sqlite3.Connection) -> dict[int, int]:
    """Return how many messages each part of the index holds, as the part itself tells."""
    every = "SELECT count(*) FROM {0} WHERE {0} MATCH 'every'"
    tables = {shard: shards.table(shard) for shard in shards.known(connection)}
    return {shard: connection.execute(every.format(name)).fetchone()[0] for shard, name in tables.items()}


@pytest.mark.usefixtures("small_parts")
async def test_a_part_that_gets_no_more_messages_is_merged_into_one_piece(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await two_threads(site)
        newest = 2 * MESSAGES // SIZE

        async def is_merged() -> bool:
            pieces = await site.storage.sql.read(pieces_of_parts)
            return all(pieces[shard] == 1 for shard in pieces if shard != newest)

        await until(is_merged)
        assert len(await site.hits("word", limit=200)) == MESSAGES


@pytest.mark.usefixtures("small_parts")
async def test_parts_of_older_messages_are_merged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FILL_STEP", 5)
    async with sqlite(tmp_path) as storage:
        site = SearchSite(storage=storage, index=None)  # type: ignore[arg-type]
        for number in range(4 * SIZE):
            await site.say(f"word {number}")
    async with indexed(tmp_path) as site:

        async def is_merged() -> bool:
            pieces = await site.storage.sql.read(pieces_of_parts)
            return len(pieces) == 5 and set(pieces.values()) == {1}

        await until(is_merged)


def pieces_of_parts(connection: sqlite3.Connection) -> dict[int, int]:
    """Return in how many pieces FTS5 keeps each part of the index."""
    pieces = "SELECT count(DISTINCT segid) FROM {0}_idx"
    tables = {shard: shards.table(shard) for shard in shards.known(connection)}
    return {shard: connection.execute(pieces.format(name)).fetchone()[0] for shard, name in tables.items()}


@pytest.mark.usefixtures("small_parts")
async def test_parts_of_which_nothing_is_left_are_dropped(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        for number in range(3 * SIZE):
            await site.say(f"{SECRET} {number}", "u")
        await settled(site.storage)
        await site.say("word", "t")
        await settled(site.storage)
        await site.remove_thread("u")
        await until(partial(is_swept, site))
        assert await count(site.storage, "fts5_shards") == 1
        assert await site.found("word") == {"word"}
        await site.say("word again", "t")
        assert len(await site.hits("word")) == 2


async def test_sweeping_goes_on_after_a_kill_in_its_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await asyncio.to_thread(kill_in_the_middle, tmp_path)
    monkeypatch.setattr(shards, "BITS", BITS)
    async with indexed(tmp_path) as site:
        assert await site.hits(SECRET) == []
        await site.storage.scrub()
        await until(partial(is_swept, site))
        assert len(await site.hits("word", limit=200)) == MESSAGES
    assert SECRET.encode() not in words_in(tmp_path)


def kill_in_the_middle(folder: Path) -> None:
    """Let a process remove a thread, and kill it when a few parts of the index are swept."""
    arguments = [sys.executable, "-m", "tests.plugins.search_process", str(folder)]
    root = PROCESS.parents[2]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        for _ in range(search_process.SWEPT + 1):
            assert process.stdout.readline()
        process.kill()
