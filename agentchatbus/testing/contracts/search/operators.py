"""What is written with a colon, and who may find what."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.model import freeze
from agentchatbus.testing.contracts.search.base import SearchCase, SearchSite
from agentchatbus.testing.contracts.storage.base import at, make_agent, make_reaction, make_thread

HUMAN_ONLY: list[dict[str, Any]] = [{"visibility": "human_only"}, {"audience": "human"}, {"visibility": " Human_Only "}]


class OperatorContract(SearchCase):
    async def test_messages_are_found_by_their_author(self, site: SearchSite) -> None:
        agent = make_agent("a", name="Editor (GPT-5)", display_name="Ada Lovelace")
        await site.storage.write(lambda tx: tx.agents.add(agent, "hash"))
        await site.say("one", author=agent.name, author_id="a", author_name=agent.name)
        await site.say("two", author="human", author_id=None, author_name="human")
        await site.say("three", author="Zoë 🐝", author_id=None, author_name="Zoë 🐝")
        for name in ("editor", "GPT-5", '"Editor (GPT-5)"', "ada", '"ada lovelace"', "a"):
            assert (name, await site.found(f"from:{name}")) == (name, {"one"})
        assert await site.found("from:human") == {"two"}
        assert await site.found("from:zoe") == {"three"}
        assert await site.found("FROM:human OR from:zoe") == {"two", "three"}
        assert await site.found("-from:human") == {"one", "three"}
        assert await site.found("from:human one") == set()
        for name in ("hum", "🐝🐝", "human-being", '"lovelace ada"'):
            assert (name, await site.found(f"from:{name}")) == (name, set())

    async def test_messages_are_found_by_their_thread(self, site: SearchSite) -> None:
        await site.storage.write(lambda tx: tx.threads.add(make_thread("a-b", topic="Release plan (Ü)")))
        await site.storage.write(lambda tx: tx.threads.add(make_thread("ab", topic="other")))
        await site.say("one", "a-b")
        await site.say("two", "ab")
        for value in ("a-b", '"Release plan (Ü)"', '"release PLAN (ü)"'):
            assert (value, await site.found(f"in:{value}")) == (value, {"one"})
        assert await site.found("in:a-b OR in:other") == {"one", "two"}
        assert await site.found("-in:other") == {"one"}
        assert await site.found("one", thread_id="a-b") == {"one"}
        assert await site.found("one", thread_id="ab") == set()
        assert await site.found("one", thread_id="none") == set()

    async def test_a_thread_that_does_not_exist_is_named(self, site: SearchSite) -> None:
        await site.say("one")
        page = await site.page('one in:"Relaese plan"')
        assert page.hits == ()
        assert page.note == "There is no thread 'Relaese plan'."
        assert (await site.page("one in:t")).note is None

    async def test_edited_messages_are_found(self, site: SearchSite) -> None:
        edited = await site.say("one")
        await site.say("two")
        await site.change(edited, edited_at=at(9))
        assert await site.found("is:edited") == {"one"}
        assert await site.found("Is:Edited one") == {"one"}
        assert await site.found("-is:edited") == {"two"}

    async def test_messages_with_attachments_are_found(self, site: SearchSite) -> None:
        await site.say("one", metadata=freeze({"attachments": [{"name": "a.txt"}]}))
        await site.say("two", metadata=freeze({"images": [{"url": "/x"}]}))
        await site.say("three", metadata=freeze({"image": "/x"}))
        await site.say("four", metadata=freeze({"images": [], "note": "attachments"}))
        assert await site.found("has:attachment") == {"one", "two", "three"}
        assert await site.found("two has:attachment") == {"two"}

    async def test_messages_are_found_by_their_time(self, site: SearchSite) -> None:
        await site.say("old", created_at=at(-86_400))
        await site.say("noon", created_at=at(0))
        await site.say("later", created_at=at(3600))
        moment = at(0).isoformat()
        assert await site.found("before:2026-03-01") == {"old"}
        assert await site.found("after:2026-03-01") == {"noon", "later"}
        assert await site.found(f"before:{moment}") == {"old"}
        assert await site.found(f"after:{moment}") == {"noon", "later"}
        assert await site.found(f"-before:{moment} -after:2026-03-02") == {"noon", "later"}
        assert await site.found("after:2026-03-01T14:00+01:30 later") == {"later"}
        assert await site.found("after:2026-03-01 before:2026-03-01") == set()
        assert await site.found("after:0001-01-01 before:9999-12-31") == {"old", "noon", "later"}

    async def test_an_imported_message_is_found_by_its_own_time(self, site: SearchSite) -> None:
        await site.say("new", created_at=at(0))
        await site.say("imported", "u", created_at=at(-86_400 * 365))
        assert await site.found("before:2026-01-01") == {"imported"}
        assert await site.found("after:2026-01-01") == {"new"}

    async def test_messages_are_found_by_their_reactions(self, site: SearchSite) -> None:
        one, two = await site.say("one"), await site.say("two")
        await site.say("three")
        await site.storage.write(lambda tx: tx.reactions.add(make_reaction("r1", one, reaction="👍")))
        await site.storage.write(lambda tx: tx.reactions.add(make_reaction("r2", two, reaction="👍")))
        await site.storage.write(lambda tx: tx.reactions.add(make_reaction("r3", two, reaction="needs work")))
        assert await site.found("reaction:👍") == {"one", "two"}
        assert await site.found('reaction:"needs work"') == {"two"}
        assert await site.found("reaction:👍 one") == {"one"}
        assert await site.found('reaction:👍 -reaction:"needs work"') == {"one"}
        assert await site.found("-reaction:👍") == {"three"}
        await site.storage.write(lambda tx: tx.reactions.remove(one, "a", "👍"))
        assert await site.found("reaction:👍") == {"two"}

    @pytest.mark.parametrize("metadata", HUMAN_ONLY)
    async def test_messages_for_humans_are_found_by_humans_only(
        self, site: SearchSite, metadata: dict[str, Any]
    ) -> None:
        await site.say("word for people", metadata=freeze(metadata))
        await site.say("word for all")
        for query in ("word", "-people", "from:Ada", "in:t", "word OR people"):
            assert "word for people" not in await site.found(query)
        assert await site.found("word", sees_human_only=True) == {"word for people", "word for all"}

    async def test_a_message_that_becomes_one_for_humans_is_hidden(self, site: SearchSite) -> None:
        message_id = await site.say("word")
        await site.change(message_id, metadata=freeze({"visibility": "human_only"}))
        assert await site.found("word") == set()
        assert await site.found("word", sees_human_only=True) == {"word"}

    async def test_no_query_finds_what_the_index_notes_for_itself(self, site: SearchSite) -> None:
        await site.say("one", metadata=freeze({"secret": "needle"}))
        for word in ("every", "nobody", "edited", "humanonly", "xborder", "needle", "Ada", "topic"):
            assert await site.found(word) == set()
