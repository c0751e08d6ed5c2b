"""What holds for any text, of a message or of a query."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentchatbus.plugin_api import InvalidRequest, search_language
from agentchatbus.testing.contracts.search import SearchSite
from agentchatbus.testing.memory import MemoryStorage
from agentchatbus_fts5.functions import author_words, install, mark_words
from agentchatbus_scan.index import ScanIndex
from tests.plugins.search_kit import searched, settled

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
PIECES = [
    "alpha",
    "beta",
    "gamma",
    '"alpha beta"',
    "al*",
    "(",
    ")",
    "-",
    " OR ",
    " AND ",
    " NOT ",
    "NEAR(alpha beta, 1)",
]
PIECES += [" ", " ", "from:Ada", "is:edited", "in:t", "after:2026-01-01", "reaction:x", '"', "検索"]
QUERIES = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
LINES = ["alpha beta", "beta, alpha!", "Alpha gamma beta", "gamma", "alphabet soup", "全文検索 alpha", "beta beta beta"]


async def asked(site: SearchSite, query: str, **fields: Any) -> set[str] | None:
    """Return what a query finds; None when it is refused."""
    try:
        return await site.found(query, **fields)
    except InvalidRequest:
        return None


@settings(max_examples=15)
@given(st.lists(QUERIES, min_size=1, max_size=12))
async def test_any_query_finds_the_same_in_an_index_and_by_looking(queries: list[str]) -> None:
    memory = MemoryStorage()
    scanned = SearchSite(storage=memory, index=ScanIndex(memory, window=50, messages=1000))
    with TemporaryDirectory() as folder:
        async with searched(Path(folder)) as indexed:
            for line in LINES:
                await indexed.say(line)
                await scanned.say(line)
            expected = [(query, await asked(scanned, query)) for query in queries]
            assert [(query, await asked(indexed, query)) for query in queries] == expected
            await settled(indexed.storage)
            assert [(query, await asked(indexed, query)) for query in queries] == expected


@settings(max_examples=15)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
async def test_any_word_of_a_message_finds_it_until_it_is_edited_or_removed(edits: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        async with searched(Path(folder), is_settled=True) as site:
            for before, after in edits:
                await follows_its_words(site, before, after)
            await site.remove_thread("t")
            assert await site.hits("-nothing") == []
        assert words_in_index(Path(folder)) == set()


async def follows_its_words(site: SearchSite, before: str, after: str) -> None:
    message_id = await site.say(before)
    words = set(search_language.words_of(before))
    for word in words:
        assert message_id in {hit.message_id for hit in await site.hits(f'"{word}"')}, word
    await site.change(message_id, content=after)
    for word in words - set(search_language.words_of(after)):
        assert message_id not in {hit.message_id for hit in await site.hits(f'"{word}"')}, word


def words_in_index(folder: Path) -> set[str]:
    """Return every word that the index of a closed database holds."""
    connection = sqlite3.connect(folder / "bus.db")
    listed = "SELECT name FROM sqlite_master WHERE name GLOB 'fts5_messages*' AND sql LIKE 'CREATE VIRTUAL %'"
    words = set()
    for (name,) in connection.execute(listed).fetchall():
        connection.execute(f"CREATE VIRTUAL TABLE temp.words_of_{name} USING fts5vocab(main, {name}, row)")
        words |= {row[0] for row in connection.execute(f"SELECT term FROM temp.words_of_{name}")}
    connection.close()
    return words


@given(st.text(), st.text(), st.none() | st.text(), st.none() | st.text(), st.integers(0, 3))
def test_what_the_triggers_call_never_fails(
    author: str, name: str, author_id: str | None, metadata: str | None, version: int
) -> None:
    assert author_words(author, name, author_id) is not None
    assert mark_words(author, metadata, version).startswith("every ")


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=50))
def test_fts5_takes_every_word_for_one_word(texts: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    install(connection)
    connection.execute(
        "CREATE VIRTUAL TABLE f USING fts5(a, tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co Mc'\")"
    )
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(f, instance)")
    for number, text in enumerate(texts):
        connection.execute("INSERT INTO f (rowid, a) VALUES (?, fts5_text(?))", (number, text))
        counted = connection.execute("SELECT count(*) FROM v WHERE doc = ?", (number,)).fetchone()[0]
        assert counted == len(search_language.words_of(text))
    connection.close()


@settings(max_examples=15)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=10))
async def test_any_cursor_is_refused_or_harmless(cursors: list[str]) -> None:
    with TemporaryDirectory() as folder:
        async with searched(Path(folder)) as site:
            await site.say("word")
            for cursor in cursors:
                assert await asked(site, "word", cursor=cursor) in (None, {"word"})
