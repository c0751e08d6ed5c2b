"""Reactions to messages, and their edits."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.errors import Conflict
from agentchatbus.model import Message, MessageEdit, Reaction, freeze
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    StorageCase,
    adding_threads,
    appending,
    at,
    is_refused,
    make_edit,
    make_message,
    make_reaction,
    make_thread,
)


async def fill(storage: Storage, *messages: Message) -> None:
    await storage.write(adding_threads(make_thread("t"), make_thread("u")))
    await storage.write(appending(*messages or (make_message(1), make_message(2), make_message(3))))


async def add(storage: Storage, *reactions: Reaction) -> None:
    def work(tx: Transaction) -> None:
        for reaction in reactions:
            tx.reactions.add(reaction)

    await storage.write(work)


def editing(*edits: MessageEdit) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for edit in edits:
            tx.messages.add_edit(edit)

    return work


async def reactions_of(storage: Storage, *message_ids: str) -> dict[str, list[Reaction]]:
    return await storage.read(lambda tx: tx.reactions.of(message_ids))


class ReactionContract(StorageCase):
    async def test_reactions_come_back_oldest_first(self, storage: Storage) -> None:
        late = make_reaction("late", "t-1", reaction="☃", created_at=at(5))
        early = make_reaction("early", "t-1", agent_id="human", agent_name=None)
        same = make_reaction("same", "t-1", reaction="after early")
        other = make_reaction("other", "t-2")
        await fill(storage)
        await add(storage, late, early, same, other)
        found = await reactions_of(storage, "t-1", "t-2", "t-3", "none")
        assert found == {"t-1": [early, same, late], "t-2": [other]}
        assert await reactions_of(storage) == {}

    async def test_one_reaction_is_found_by_who_said_what(self, storage: Storage) -> None:
        reaction = make_reaction("one", "t-1", agent_id="a", reaction="+1")
        await fill(storage)
        await add(storage, reaction)
        asked = [("t-1", "a", "+1"), ("t-2", "a", "+1"), ("t-1", "b", "+1"), ("t-1", "a", "-1")]
        found = await storage.read(lambda tx: [tx.reactions.get(*key) for key in asked])
        assert found == [reaction, None, None, None]

    async def test_nobody_puts_the_same_label_on_a_message_twice(self, storage: Storage) -> None:
        await fill(storage)
        await add(storage, make_reaction("one", "t-1"))
        with pytest.raises(Conflict):
            await add(storage, make_reaction("two", "t-1"))
        await add(storage, make_reaction("three", "t-2"), make_reaction("four", "t-1", agent_id="b"))
        assert [reaction.id for reaction in (await reactions_of(storage, "t-1"))["t-1"]] == ["one", "four"]

    async def test_a_reaction_needs_its_message(self, storage: Storage) -> None:
        assert await is_refused(storage, lambda tx: tx.reactions.add(make_reaction("one", "none")))

    async def test_a_removed_reaction_is_gone_alone(self, storage: Storage) -> None:
        kept = make_reaction("kept", "t-1", agent_id="b")
        await fill(storage)
        await add(storage, make_reaction("one", "t-1", agent_id="a", reaction="+1"), kept)
        await storage.write(lambda tx: tx.reactions.remove("t-1", "a", "+1"))
        await storage.write(lambda tx: tx.reactions.remove("t-1", "a", "never"))
        assert await reactions_of(storage, "t-1") == {"t-1": [kept]}

    async def test_a_message_is_stored_without_its_reactions(self, storage: Storage) -> None:
        message = make_message(1, reactions=(make_reaction("one", "t-1"),))
        await fill(storage, message)
        assert await storage.read(lambda tx: tx.messages.get("t-1")) == replace(message, reactions=())
        assert await reactions_of(storage, "t-1") == {}


class EditContract(StorageCase):
    async def test_an_update_replaces_the_text_and_what_tells_of_the_edit(self, storage: Storage) -> None:
        first = make_message(1, metadata=freeze({"a": 1}))
        new: dict[str, Any] = {
            "content": "new ☃",
            "metadata": freeze({"b": [1]}),
            "edited_at": at(5),
            "edit_version": 1,
        }
        await fill(storage, first, make_message(2))
        changed = replace(first, **new, author="somebody else", created_at=at(9), seq=9)
        await storage.write(lambda tx: tx.messages.update(changed))
        expected = replace(first, **new)
        assert await storage.read(lambda tx: tx.messages.get("t-1")) == expected
        assert await storage.read(lambda tx: tx.messages.newest(["t"])) == {"t": make_message(2)}
        await storage.write(lambda tx: tx.messages.update(replace(make_message(2), id="none")))

    async def test_an_update_moves_no_thread(self, storage: Storage) -> None:
        await fill(storage)
        before = await storage.read(lambda tx: tx.threads.get("t"))
        await storage.write(lambda tx: tx.messages.update(make_message(1, content="new", edited_at=at(99))))
        assert await storage.read(lambda tx: tx.threads.get("t")) == before

    async def test_edits_come_back_by_version(self, storage: Storage) -> None:
        edits = [make_edit("t-1", version) for version in (2, 1, 3)]
        await fill(storage)
        await storage.write(editing(*edits, make_edit("t-2", 1)))
        assert await storage.read(lambda tx: tx.messages.edits("t-1")) == [edits[1], edits[0], edits[2]]
        assert await storage.read(lambda tx: [tx.messages.edits(name) for name in ("t-3", "none")]) == [[], []]

    async def test_a_version_is_given_once_and_to_a_message(self, storage: Storage) -> None:
        await fill(storage)
        await storage.write(lambda tx: tx.messages.add_edit(make_edit("t-1", 1)))
        with pytest.raises(Conflict):
            await storage.write(lambda tx: tx.messages.add_edit(make_edit("t-1", 1)))
        assert await is_refused(storage, lambda tx: tx.messages.add_edit(make_edit("none", 1)))

    async def test_the_newest_message_of_each_thread_has_the_highest_seq(self, storage: Storage) -> None:
        await storage.write(adding_threads(make_thread("t"), make_thread("u"), make_thread("empty")))
        await storage.write(appending(make_message(9, created_at=at(0)), make_message(3), make_message(1, "u")))
        found = await storage.read(lambda tx: tx.messages.newest(["u", "empty", "t", "none"]))
        assert found == {"t": make_message(9, created_at=at(0)), "u": make_message(1, "u")}
        assert await storage.read(lambda tx: tx.messages.newest([])) == {}
