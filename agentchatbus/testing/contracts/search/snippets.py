"""What a hit shows of its message."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from agentchatbus.ports.search import Hit
from agentchatbus.testing.contracts.search.base import SearchCase, SearchSite


async def only(site: SearchSite, text: str) -> Hit:
    [hit] = (await site.page(text)).hits
    return hit


def marked(hit: Hit) -> list[str]:
    return [hit.snippet[start:end] for start, end in hit.marks]


class SnippetContract(SearchCase):
    async def test_a_short_message_is_shown_whole(self, site: SearchSite) -> None:
        await site.say("  Straße & <b>Parser</b>,\nparser! ")
        hit = await only(site, "parser STRASSE")
        assert hit.snippet == "  Straße & <b>Parser</b>,\nparser! "
        assert marked(hit) == ["Straße", "Parser", "parser"]

    async def test_markup_stays_text(self, site: SearchSite) -> None:  # H22 (1)
        await site.say("<img src=x onerror=alert(1)> <mark>hello</mark>")
        hit = await only(site, "hello")
        assert hit.snippet == "<img src=x onerror=alert(1)> <mark>hello</mark>"
        assert marked(hit) == ["hello"]

    async def test_a_long_message_is_cut_around_what_was_found(self, site: SearchSite) -> None:
        words = [f"w{number}" for number in range(1000)]
        await site.say(" ".join([*words[:500], "needle", *words[500:]]))
        hit = await only(site, "needle")
        assert marked(hit) == ["needle"]
        assert 15 <= len(hit.snippet.split()) <= 25
        assert hit.snippet.startswith("…")
        assert hit.snippet.endswith("…")

    async def test_a_snippet_shows_as_many_of_the_words_as_it_can(self, site: SearchSite) -> None:
        await site.say("alpha " + "filler " * 100 + "beta alpha " + "filler " * 100)
        assert set(marked(await only(site, "alpha beta"))) == {"alpha", "beta"}

    async def test_a_phrase_is_marked_as_one_and_its_words_elsewhere_are_not(self, site: SearchSite) -> None:
        await site.say("review: a code review of code")
        assert marked(await only(site, '"code review"')) == ["code review"]
        assert marked(await only(site, "code-rev*")) == ["code review"]

    async def test_what_must_not_occur_is_not_marked(self, site: SearchSite) -> None:
        await site.say("one two")
        assert marked(await only(site, "one -three")) == ["one"]
        assert marked(await only(site, "from:Ada")) == []

    async def test_a_snippet_is_short_whatever_its_words_are(self, site: SearchSite) -> None:
        await site.say("a" * 50_000 + " needle " + "b" * 50_000)
        hit = await only(site, "needle")
        assert len(hit.snippet) < 1000
        assert marked(hit) == ["needle"]

    async def test_marks_fit_texts_with_all_kinds_of_characters(self, site: SearchSite) -> None:
        await site.say("\ue000\ue001 🐝🐝 e\u0301tude \ue000needle\ue001 " + "\u200d" * 5 + "検索")
        assert marked(await only(site, "needle")) == ["needle"]
        assert marked(await only(site, "etude")) == ["e\u0301tude"]
        assert marked(await only(site, "検索")) == ["検索"]
