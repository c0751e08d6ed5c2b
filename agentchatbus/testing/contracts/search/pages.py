"""The order of hits, and paging."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from agentchatbus.errors import InvalidRequest
from agentchatbus.testing.contracts.search.base import SearchCase, SearchSite

STRANGE_PARTS: list[Any] = [None, [], {}, "x", 1e400, -1, 2**70, [None] * 3, [[2**70]] * 3, [["a", "b", "c"]] * 3]
STRANGE_CURSORS = ["x", "ä", "AAAA", "W10", "e30", "Ww", "bnVsbA", "!" * 50, "a" * 10_000]


async def order(site: SearchSite, text: str) -> list[str]:
    return [site.said[hit.message_id] for hit in await site.hits(text)]


class PageContract(SearchCase):
    async def test_the_best_comes_first(self, site: SearchSite) -> None:
        await site.say("parser parser parser")
        await site.say("the parser is one word of many in this long message about something else entirely")
        await site.say("parser fails")
        assert (await order(site, "parser"))[0] == "parser parser parser"
        assert (await order(site, "parser"))[-1].startswith("the parser is one")

    async def test_a_rare_word_counts_for_more_than_a_common_one(self, site: SearchSite) -> None:
        await site.say("needle here")
        for number in range(20):
            await site.say(f"straw {number}")
        assert (await order(site, "straw OR needle"))[0] == "needle here"

    async def test_of_equal_hits_the_newer_comes_first(self, site: SearchSite) -> None:
        for number in range(5):
            await site.say(f"same {number}", "tu"[number % 2])
        assert await order(site, "same") == [f"same {number}" for number in (4, 3, 2, 1, 0)]

    async def test_a_query_without_words_lists_the_newest_first(self, site: SearchSite) -> None:
        for number in range(5):
            await site.say(f"word {'x ' * number}")
        newest_first = [f"word {'x ' * number}" for number in (4, 3, 2, 1, 0)]
        assert await order(site, "from:Ada") == newest_first
        assert await order(site, "-nothing") == newest_first

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
    async def test_pages_hold_everything_once(self, site: SearchSite, limit: int) -> None:
        for number in range(10):
            await site.say(f"word {'more ' * (number % 3)}")
        hits = await site.hits("word", limit=limit)
        assert len(hits) == 10
        assert len({hit.message_id for hit in hits}) == 10
        assert [hit.message_id for hit in hits] == [hit.message_id for hit in await site.hits("word", limit=50)]
        assert len((await site.page("word", limit=limit)).hits) == min(10, limit)

    async def test_a_limit_of_nothing_finds_nothing(self, site: SearchSite) -> None:
        await site.say("word")
        assert (await site.page("word", limit=0)).hits == ()

    async def test_messages_that_arrive_between_pages_change_nothing_in_them(self, site: SearchSite) -> None:
        for number in range(9):
            await site.say(f"word {'x ' * (number % 4)}", "tu"[number % 2])
        expected = [hit.message_id for hit in await site.hits("word")]
        page = await site.page("word", limit=2)
        seen = list(page.hits)
        while page.next_cursor is not None:
            await site.say("word word word", "tv"[len(seen) % 4 // 2])
            page = await site.page("word", limit=2, cursor=page.next_cursor)
            seen += page.hits
        assert [hit.message_id for hit in seen] == expected

    async def test_a_message_that_is_edited_away_between_pages_skips_no_other(self, site: SearchSite) -> None:
        ids = [await site.say("word") for _ in range(6)]
        page = await site.page("word", limit=2)
        await site.change(ids[5], content="gone")
        rest = await site.hits("word", limit=2, cursor=page.next_cursor)
        assert [hit.message_id for hit in rest] == [ids[3], ids[2], ids[1], ids[0]]

    async def test_what_is_ranked_in_part_only_says_so_and_loses_nothing(self, site: SearchSite) -> None:
        for number in range(self.window):
            await site.say(f"word {number}", "tuv"[number % 3])
        assert (await site.page("word")).note is None
        await site.say("word word word, and yet")
        for number in range(3):
            await site.say(f"word {number} again")
        page = await site.page("word", limit=50)
        assert page.note is not None
        assert str(self.window) in page.note
        assert site.said[page.hits[0].message_id] == "word word word, and yet"
        hits = await site.hits("word", limit=70)
        assert len(hits) == len({hit.message_id for hit in hits}) == self.window + 4

    @pytest.mark.parametrize("cursor", STRANGE_CURSORS)
    async def test_a_strange_cursor_is_refused(self, site: SearchSite, cursor: str) -> None:
        await site.say("word")
        with pytest.raises(InvalidRequest, match="cursor"):
            await site.page("word", cursor=cursor)

    async def test_a_cursor_that_was_tampered_with_does_no_harm(self, site: SearchSite) -> None:
        for _ in range(3):
            await site.say("word")
        cursor = (await site.page("word", limit=1)).next_cursor
        assert cursor is not None
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=="))
        for place in range(1, len(parts)):
            for value in STRANGE_PARTS:
                changed = [*parts[:place], value, *parts[place + 1 :]]
                await self._asks(site, base64.urlsafe_b64encode(json.dumps(changed).encode()).decode())

    async def _asks(self, site: SearchSite, cursor: str) -> None:
        try:
            page = await site.page("word", cursor=cursor)
        except InvalidRequest:
            return
        assert {site.said[hit.message_id] for hit in page.hits} <= {"word"}

    async def test_a_cursor_of_another_query_is_refused(self, site: SearchSite) -> None:
        for _ in range(3):
            await site.say("word other")
        cursor = (await site.page("word", limit=1)).next_cursor
        with pytest.raises(InvalidRequest, match="another query"):
            await site.page("other", cursor=cursor)
        with pytest.raises(InvalidRequest, match="another query"):
            await site.page("word", cursor=cursor, sees_human_only=True)
