"""The log of events."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentchatbus.events import Event
from agentchatbus.model import Role, freeze
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    MessageStored,
    SomethingHappened,
    StorageCase,
    adding_threads,
    at,
    is_refused,
    posting,
)


async def read_after(storage: Storage, event_id: int, limit: int = 100) -> list[Event]:
    return await storage.read(lambda tx: tx.events.after(event_id, limit))


def happen(tx: Transaction) -> Event:
    return tx.events.append(SomethingHappened(), START)


class EventContract(StorageCase):
    async def test_an_event_is_read_as_it_was_appended_and_told(self, storage: Storage) -> None:
        told: list[Event] = []
        storage.on_commit(told.extend)
        body = MessageStored(thread_id="t", seq=1, content="grüße ☃\0")
        appended = await storage.write(lambda tx: tx.events.append(body, at(1)))
        assert appended == Event(id=1, type="test.stored", thread_id="t", payload=body.payload(), created_at=at(1))
        assert told == [appended]
        assert await read_after(storage, 0) == [appended]

    async def test_a_payload_is_frozen_in_depth(self, storage: Storage) -> None:
        body = SomethingHappened(value={"list": [1, {"a": None}]})
        appended = await storage.write(lambda tx: tx.events.append(body, START))
        read = (await read_after(storage, 0))[0]
        assert read == appended
        assert read.thread_id is None
        for event in (appended, read):
            assert event.payload["value"]["list"] == (1, {"a": None})
            with pytest.raises(TypeError):
                event.payload["value"] = 1  # type: ignore[index]

    @pytest.mark.parametrize("value", [None, True, 2**80, -1.5, "☃\0", Role.USER, [], {"a": {}}])
    async def test_a_payload_keeps_every_kind_of_value(self, storage: Storage, value: Any) -> None:
        appended = await storage.write(lambda tx: tx.events.append(SomethingHappened(value=value), START))
        assert appended.payload == freeze({"value": value, "thread_id": None})
        assert await read_after(storage, 0) == [appended]

    async def test_a_payload_that_is_not_json_is_refused(self, storage: Storage) -> None:
        assert await is_refused(storage, lambda tx: tx.events.append(SomethingHappened(value=START), START))
        assert await storage.read(lambda tx: tx.events.bounds()) == (1, 0)

    async def test_events_are_read_after_a_cursor_lowest_first(self, storage: Storage) -> None:
        ids = [(await storage.write(happen)).id for _ in range(6)]
        assert ids == sorted(set(ids))
        for after, limit, expected in [(0, 2, ids[:2]), (ids[1], 3, ids[2:5]), (ids[-1], 9, []), (0, 99, ids)]:
            found = await read_after(storage, after, limit)
            assert [event.id for event in found] == expected

    async def test_the_newest_events_of_a_thread_are_found_by_their_types(self, storage: Storage) -> None:
        def work(tx: Transaction) -> list[int]:
            kinds = [("a", 1), ("b", 2), ("a", 3), ("a", 4)]
            return [tx.events.append(MessageStored(thread_id=id_, seq=n, content=""), START).id for id_, n in kinds]

        ids = await storage.write(work)
        await storage.write(happen)

        async def seqs(types: list[str], after: int = 0, limit: int = 9) -> list[int]:
            found = await storage.read(lambda tx: tx.events.of_thread("a", types, after=after, limit=limit))
            return [event.payload["seq"] for event in found]

        assert await seqs(["test.stored", "other"]) == [1, 3, 4]
        assert await seqs(["test.stored"], limit=2) == [3, 4]
        assert await seqs(["test.stored"], after=ids[2]) == [4]
        assert await seqs(["other"]) == []

    async def test_bounds_name_the_lowest_kept_and_the_highest_given(self, storage: Storage) -> None:
        assert await storage.read(lambda tx: tx.events.bounds()) == (1, 0)
        first, *_, last = [(await storage.write(happen)).id for _ in range(4)]
        assert await storage.read(lambda tx: tx.events.bounds()) == (first, last)

    async def test_a_unit_of_work_reads_the_events_it_appended(self, storage: Storage) -> None:
        def work(tx: Transaction) -> tuple[list[Event], list[Event]]:
            return [happen(tx), happen(tx)], tx.events.after(0, 10)

        appended, read = await storage.write(work)
        assert appended == read

    async def test_readers_beside_writers_never_meet_a_gap(self, storage: Storage) -> None:
        async def write() -> list[Event]:
            for number in range(20):
                await storage.write(posting(str(number)))
            return []

        async def follow() -> list[Event]:
            seen: list[Event] = []
            while len(seen) < 80:
                seen += await read_after(storage, seen[-1].id if seen else 0, 7)
            return seen

        await storage.write(adding_threads())
        _, _, _, _, *readers = await asyncio.gather(*(write() for _ in range(4)), follow(), follow())
        for seen in readers:
            assert [event.payload["seq"] for event in seen] == list(range(1, 81))
            assert [event.id for event in seen] == sorted({event.id for event in seen})
