"""The index in the database file: what it leaves there, and what happens when it was away for a while."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from agentchatbus.plugin_api import Storage
from agentchatbus.testing.contracts.search import SearchSite
from agentchatbus_fts5 import keeping
from tests.plugins.search_kit import searched, settled, sqlite, until

SECRET = "zanzibar"

indexed = partial(searched, is_settled=True)


def file_holds(folder: Path, word: str) -> bool:
    """Return whether the bytes of the database, which is closed, hold a word in any case."""
    return any(word.encode() in path.read_bytes().lower() for path in folder.glob("bus.db*"))


def tables(folder: Path) -> set[str]:
    connection = sqlite3.connect(folder / "bus.db")
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return names


async def without_search(storage: Storage) -> SearchSite:
    """Return a site that can say but not find."""
    return SearchSite(storage=storage, index=None)  # type: ignore[arg-type]


async def all_indexed(site: SearchSite) -> None:
    """Wait until the index says no more that it is being built."""

    async def is_complete() -> bool:
        return (await site.page("word")).note is None

    await until(is_complete)


async def test_the_words_of_an_edited_message_leave_the_file(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        message_id = await site.say(f"the word {SECRET}")
        for number in range(50):
            await site.say(f"some other word {number}")
        await site.change(message_id, content="another word")
    assert not file_holds(tmp_path, SECRET)


async def test_the_words_of_a_removed_thread_leave_the_file(tmp_path: Path) -> None:  # H12
    async with indexed(tmp_path) as site:
        for number in range(30):
            await site.say(f"{SECRET}{number} word", "u")
            await site.say(f"some other word {number}")
        await site.remove_thread("u")
        assert await site.hits(f"{SECRET}*") == []
    assert not file_holds(tmp_path, SECRET)


async def test_old_words_are_swept_out_beside_the_running_bus(tmp_path: Path) -> None:
    async with indexed(tmp_path, sweep_after_seconds=0) as site:
        message_id = await site.say(f"the word {SECRET}")
        await site.say("this stays", "u")
        await settled(site.storage)
        await site.change(message_id, content="another word")
        await site.remove_thread("t")
        sql = site.storage.sql

        def is_clean(connection: sqlite3.Connection) -> bool:
            blocks = connection.execute("SELECT block FROM fts5_messages_0_data").fetchall()
            return not any(SECRET.encode() in block for (block,) in blocks)

        await until(lambda: sql.read(is_clean))
        assert await site.found("stays") == {"this stays"}


async def test_what_a_search_costs_ends_with_the_plugin(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word")
    async with sqlite(tmp_path) as storage:
        triggers = await storage.sql.read(
            lambda connection: connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        )
        assert triggers == []
        await (await without_search(storage)).say("word without search", "u")


async def test_messages_of_before_the_plugin_are_found(tmp_path: Path) -> None:
    async with sqlite(tmp_path) as storage:
        site = await without_search(storage)
        await asyncio.gather(*(site.say(f"old word {number}") for number in range(20)))
    async with indexed(tmp_path, site.said) as site:
        assert len(await site.found("word")) == 20
        assert (await site.page("word")).note is None


async def test_messages_that_came_while_the_plugin_was_away_are_found(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word one")
    async with sqlite(tmp_path) as storage:
        away = await without_search(storage)
        away.said = site.said
        await away.say("word two")
        await away.say("word three", "u")
    async with indexed(tmp_path, away.said) as site:
        assert await site.found("word") == {"word one", "word two", "word three"}
        await site.say("word four")
        assert len(await site.found("word")) == 4


@pytest.mark.parametrize("change", ["edit", "remove", "replace"])
async def test_changes_while_the_plugin_was_away_make_the_index_anew(
    tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with indexed(tmp_path) as site:
        kept = await site.say("word kept")
        gone = await site.say(f"word {SECRET}", "u")
    async with sqlite(tmp_path) as storage:
        away = await without_search(storage)
        away.said = site.said
        if change == "edit":
            await away.change(gone, content="word new")
        else:
            await away.remove_thread("u")
        if change == "replace":  # the new message gets the number of the one that is gone
            await away.say("word other", "v")
    async with indexed(tmp_path, away.said) as site:

        async def is_noticed() -> bool:
            return not await site.hits(SECRET) and "made anew" in caplog.text

        await until(is_noticed)
        await all_indexed(site)
        assert kept in {hit.message_id for hit in await site.hits("word")}
        assert len(await site.hits("word")) == (1 if change == "remove" else 2)
    assert not file_holds(tmp_path, SECRET) or change == "edit"


async def test_an_index_is_not_sealed_before_it_is_verified(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with indexed(tmp_path) as site:
        await site.say(f"word {SECRET}", "u")
    async with sqlite(tmp_path) as storage:
        await (await without_search(storage)).remove_thread("u")

    async def never(_: keeping.Keeper) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(keeping.Keeper, "run", never)
    async with indexed(tmp_path, site.said):
        pass
    monkeypatch.undo()
    async with indexed(tmp_path, site.said):

        async def is_noticed() -> bool:
            return "made anew" in caplog.text

        await until(is_noticed)


async def test_nothing_is_verified_when_nothing_happened(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word")
    caplog.set_level(logging.DEBUG)
    async with indexed(tmp_path, site.said) as again:
        assert await again.found("word") == {"word"}
        sealed = await again.storage.sql.read(
            lambda connection: connection.execute("SELECT sealed_at FROM fts5_state").fetchone()
        )
    assert sealed == (None,)
    assert "Indexed" not in caplog.text


async def test_a_large_database_is_indexed_beside_the_running_bus(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite(tmp_path) as storage:
        site = await without_search(storage)
        await asyncio.gather(*(site.say(f"old word {number}") for number in range(120)))
    monkeypatch.setattr(keeping, "FIRST_FILL_SECONDS", 0)
    monkeypatch.setattr(keeping, "FILL_STEP", 7)
    monkeypatch.setattr(keeping, "PROGRESS_SECONDS", 0)
    caplog.set_level(logging.INFO)
    async with indexed(tmp_path, site.said) as site:
        first = await site.say("newest word")
        page = await site.page("newest")
        assert [hit.message_id for hit in page.hits] == [first]
        assert page.note is not None
        assert "still being built" in page.note
        await site.change("t-3", content="changed while it was not indexed yet")
        await site.change("t-119", content="changed soon")
        await all_indexed(site)
        assert len(await site.hits("word")) == 119
        assert len(await site.hits("changed")) == 2
    assert "Indexing older messages for search: " in caplog.text


async def test_indexing_goes_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sqlite(tmp_path) as storage:
        site = await without_search(storage)
        await asyncio.gather(*(site.say(f"old word {number}") for number in range(50)))
    monkeypatch.setattr(keeping, "FILL_STEP", 5)
    monkeypatch.setattr(keeping, "FIRST_FILL_SECONDS", 0)
    async with indexed(tmp_path, site.said) as site:
        await site.say("word between")
    monkeypatch.undo()
    async with indexed(tmp_path, site.said) as site:
        await all_indexed(site)
        assert len(await site.hits("word")) == 51


async def test_other_prefixes_make_the_index_anew(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word")
    for prefix in ((2, 4), (), (4, 2)):
        async with indexed(tmp_path, site.said, prefix=prefix) as site:
            await all_indexed(site)
            assert await site.found("wor*") == {"word"}


async def test_an_index_that_a_newer_sqlite_wrote_is_made_anew(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word")
    connection = sqlite3.connect(tmp_path / "bus.db")
    connection.execute("UPDATE fts5_messages_0_config SET v = 99 WHERE k = 'version'")
    connection.commit()
    connection.close()
    async with indexed(tmp_path, site.said) as site:
        assert await site.found("word") == {"word"}
        await site.say("word again")
        assert len(await site.hits("word")) == 2


async def test_a_damaged_index_does_not_keep_the_bus_from_starting(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word")
    connection = sqlite3.connect(tmp_path / "bus.db")
    connection.execute("DELETE FROM fts5_messages_0_data")
    connection.commit()
    connection.close()
    async with indexed(tmp_path, site.said) as site:
        assert await site.found("word") == {"word"}


async def test_the_index_holds_no_second_copy_of_the_text(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        await site.say("word")
    assert "fts5_messages_0_data" in tables(tmp_path)
    assert "fts5_messages_0_content" not in tables(tmp_path)


async def test_the_index_agrees_with_its_messages(tmp_path: Path) -> None:
    async with indexed(tmp_path) as site:
        ids = [await site.say(f"word {number} ünïcödé 検索", "tu"[number % 2]) for number in range(40)]
        for number, message_id in enumerate(ids[::3]):
            await site.change(message_id, content=f"changed {number}")
        await site.remove_thread("u")
        await settled(site.storage)
        rows = await site.storage.sql.read(
            lambda connection: connection.execute(
                "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM fts5_rows)"
            ).fetchone()
        )
        assert rows == (20, 20)
        assert len(await site.hits("-nothing")) == 20
