"""An index that follows the storage."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import asyncio

import pytest

from agentchatbus.ports.storage import Transaction
from agentchatbus.testing.contracts.search.base import SearchCase, SearchSite
from agentchatbus.testing.contracts.storage.base import make_message


class ChangeContract(SearchCase):
    async def test_a_message_is_found_as_soon_as_it_is_stored(self, site: SearchSite) -> None:
        for number in range(20):
            await site.say(f"word{number}")
            assert await site.found(f"word{number}") == {f"word{number}"}

    async def test_messages_of_many_writers_are_found(self, site: SearchSite) -> None:
        await site.say("first")
        await asyncio.gather(*(site.say(f"word w{number}") for number in range(60)))
        assert len(await site.hits("word")) == 60

    async def test_an_edited_message_is_found_by_its_new_words_only(self, site: SearchSite) -> None:
        message_id = await site.say("before edit")
        await site.change(message_id, content="after edit")
        assert [hit.message_id for hit in await site.hits("after")] == [message_id]
        assert await site.hits("before") == []
        for number in range(5):
            await site.change(message_id, content=f"version v{number}")
        assert [hit.message_id for hit in await site.hits("version v4")] == [message_id]
        assert await site.hits("v3 OR after OR edit") == []

    async def test_messages_of_a_removed_thread_are_not_found(self, site: SearchSite) -> None:  # H12
        await site.say("word here", "t")
        await site.say("word there", "u")
        await site.remove_thread("t")
        assert await site.found("word") == {"word there"}
        await site.say("word again", "t")
        assert await site.found("word") == {"word there", "word again"}

    async def test_what_was_refused_is_not_found(self, site: SearchSite) -> None:
        await site.say("word")

        def refused(tx: Transaction) -> None:
            tx.messages.append(make_message(2, content="word refused"))
            raise LookupError

        with pytest.raises(LookupError):
            await site.storage.write(refused)
        assert await site.found("word") == {"word"}
        await site.say("word next")
        assert await site.found("word") == {"word", "word next"}

    async def test_an_edit_that_was_refused_changes_nothing(self, site: SearchSite) -> None:
        message_id = await site.say("word")

        def refused(tx: Transaction) -> None:
            message = tx.messages.get(message_id)
            assert message is not None
            tx.messages.update(make_message(1, content="changed", edit_version=1))
            raise LookupError

        with pytest.raises(LookupError):
            await site.storage.write(refused)
        assert await site.found("word") == {"word"}
        assert await site.found("changed") == set()
