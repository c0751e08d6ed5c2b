"""Messages."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentchatbus.model import Message, Priority, Role, freeze
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.storage import Storage
from agentchatbus.testing.contracts.storage.base import (
    StorageCase,
    adding_threads,
    appending,
    at,
    is_refused,
    make_message,
    make_thread,
    posting,
)

DEPTH = 100


def nested(depth: int) -> Any:
    value: Any = "deep"
    for level in range(depth):
        value = {"in": value} if level % 2 else [value]
    return {"top": value}


async def seqs(storage: Storage, **fields: Any) -> list[int]:
    query = MessageQuery(**{"thread_id": "t", **fields})
    return [message.seq for message in await storage.read(lambda tx: tx.messages.page(query))]


async def stored(storage: Storage, message: Message) -> Message | None:
    await storage.write(adding_threads())
    await storage.write(appending(message))
    return await storage.read(lambda tx: tx.messages.get(message.id))


class MessageContract(StorageCase):
    async def test_a_message_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        full = make_message(
            1,
            role=Role.SYSTEM,
            priority=Priority.URGENT,
            metadata=freeze({"mentions": ["b"], "visibility": "human_only"}),
            reply_to_msg_id="t-0",
            edited_at=at(5),
            edit_version=3,
        )
        bare = make_message(2, author_id=None)
        assert await stored(storage, full) == full
        await storage.write(appending(bare))
        assert await storage.read(lambda tx: tx.messages.get(bare.id)) == bare
        assert await storage.read(lambda tx: tx.messages.get("none")) is None

    @pytest.mark.parametrize(
        "content",
        ["", "Straße ☃ 你好 \U0001f41d", "before\0after", "é ≠ é", "\r\n\t\x1b \u2028 \ufeff \uffff", "x" * 300_000],
        ids=["empty", "unicode", "nul", "forms", "controls", "long"],
    )
    async def test_content_is_kept_to_the_character(self, storage: Storage, content: str) -> None:
        message = await stored(storage, make_message(1, content=content))
        assert message is not None
        assert message.content == content

    @pytest.mark.parametrize(
        "metadata",
        [
            nested(DEPTH),
            {"": {"": [[], {}, None, True, 0, -1.5e300]}},
            {"big": 2**80, "small": -(2**63)},
            {"nul\0": "\0", "quote'\"\\": "ö ☃ \U0001f41d"},
            {f"key {number}": number for number in range(1000)},
        ],
        ids=["deep", "kinds", "big", "odd", "wide"],
    )
    async def test_metadata_is_kept_in_depth(self, storage: Storage, metadata: Any) -> None:
        message = await stored(storage, make_message(1, metadata=freeze(metadata)))
        assert message is not None
        assert message.metadata == freeze(metadata)

    async def test_metadata_comes_back_frozen(self, storage: Storage) -> None:
        message = await stored(storage, make_message(1, metadata=freeze({"a": {"b": [1]}})))
        assert message is not None
        levels: list[Any] = [message.metadata, message.metadata["a"]]
        for level in levels:
            with pytest.raises(TypeError):
                level["new"] = 1
        assert message.metadata["a"]["b"] == (1,)

    async def test_metadata_that_is_not_json_is_refused(self, storage: Storage) -> None:
        await storage.write(adding_threads())
        for value in ({1, 2}, at(0), float("nan")):
            assert await is_refused(storage, appending(make_message(1, metadata={"a": value})))
        assert await seqs(storage) == []

    async def test_a_message_moves_its_thread_on(self, storage: Storage) -> None:
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        await storage.write(appending(make_message(1), make_message(2)))
        thread = await storage.read(lambda tx: tx.threads.get("t"))
        assert thread == make_thread("t", last_seq=2, message_count=2, updated_at=at(2))
        assert await storage.read(lambda tx: tx.threads.get("u")) == make_thread("u")

    async def test_what_the_bus_itself_says_keeps_no_thread_awake(self, storage: Storage) -> None:  # M39
        await storage.write(adding_threads())
        await storage.write(appending(make_message(1), make_message(2, role=Role.SYSTEM)))
        thread = await storage.read(lambda tx: tx.threads.get("t"))
        assert thread == make_thread("t", last_seq=2, message_count=2, updated_at=at(1))

    async def test_a_seq_is_given_once_in_a_thread(self, storage: Storage) -> None:
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        await storage.write(appending(make_message(1), make_message(1, "u")))
        assert await is_refused(storage, appending(make_message(2), make_message(1, id="other")))
        assert await is_refused(storage, appending(make_message(2, id="t-1")))
        assert await seqs(storage) == [1]
        thread = await storage.read(lambda tx: tx.threads.get("t"))
        assert thread is not None
        assert thread.last_seq == 1

    async def test_a_message_needs_its_thread(self, storage: Storage) -> None:
        assert await is_refused(storage, appending(make_message(1, "none")))
        assert await storage.read(lambda tx: tx.messages.get("none-1")) is None

    async def test_concurrent_posts_are_counted_without_gaps(self, storage: Storage) -> None:  # H02
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        posted = await asyncio.gather(*(storage.write(posting(str(n), "tu"[n % 2])) for n in range(60)))
        for thread_id in "tu":
            given = sorted(message.seq for message in posted if message.thread_id == thread_id)
            assert given == list(range(1, 31))
            assert await seqs(storage, thread_id=thread_id) == given

    async def test_imported_messages_may_skip_numbers(self, storage: Storage) -> None:
        await storage.write(adding_threads())
        await storage.write(appending(make_message(5), make_message(9)))
        assert (await storage.write(posting("next"))).seq == 10
        assert await seqs(storage) == [5, 9, 10]

    async def test_a_page_is_cut_by_both_bounds_and_starts_at_the_lowest_seq(self, storage: Storage) -> None:
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        await storage.write(appending(*(make_message(seq) for seq in range(1, 11)), make_message(1, "u")))
        assert await seqs(storage) == list(range(1, 11))
        assert await seqs(storage, after_seq=7) == [8, 9, 10]
        assert await seqs(storage, after_seq=10) == []
        assert await seqs(storage, before_seq=4) == [1, 2, 3]
        assert await seqs(storage, after_seq=2, before_seq=5) == [3, 4]
        assert await seqs(storage, after_seq=2, limit=3) == [3, 4, 5]
        assert await seqs(storage, limit=0) == []
        assert await seqs(storage, thread_id="none") == []

    async def test_the_newest_are_taken_and_still_start_at_the_lowest_seq(self, storage: Storage) -> None:  # H61
        await storage.write(adding_threads())
        await storage.write(appending(*(make_message(seq) for seq in range(1, 11))))
        assert await seqs(storage, newest=True, limit=3) == [8, 9, 10]
        assert await seqs(storage, newest=True, limit=3, before_seq=8) == [5, 6, 7]
        assert await seqs(storage, newest=True, limit=3, after_seq=8) == [9, 10]
        assert await seqs(storage, newest=True, limit=0) == []

    async def test_a_page_can_be_of_one_priority(self, storage: Storage) -> None:
        await storage.write(adding_threads())
        priorities = [Priority.NORMAL, Priority.URGENT, Priority.SYSTEM]
        messages = [make_message(seq, priority=priorities[seq % 3]) for seq in range(1, 10)]
        await storage.write(appending(*messages))
        assert await seqs(storage, priority=Priority.NORMAL) == [3, 6, 9]
        assert await seqs(storage, priority=Priority.URGENT, after_seq=1) == [4, 7]
        assert await seqs(storage, priority=Priority.SYSTEM, newest=True, limit=1) == [8]

    async def test_a_page_can_be_of_one_hand_off_target(self, storage: Storage) -> None:
        target = "agent 'x' \"☃\""
        given: list[Any] = [target, "other", None, 5, ["agent"], target]
        messages = [make_message(seq, metadata=freeze({"handoff_target": value})) for seq, value in enumerate(given, 1)]
        urgent = make_message(8, metadata=freeze({"handoff_target": target}), priority=Priority.URGENT)
        await storage.write(adding_threads())
        await storage.write(appending(*messages, make_message(7), urgent))
        assert await seqs(storage, handoff_target=target) == [1, 6, 8]
        assert await seqs(storage, handoff_target=target, after_seq=1, limit=1) == [6]
        assert await seqs(storage, handoff_target=target, newest=True, limit=2, before_seq=8) == [1, 6]
        assert await seqs(storage, handoff_target=target, priority=Priority.URGENT) == [8]
        assert await seqs(storage, handoff_target="5") == []
        assert await seqs(storage, handoff_target="none") == []
