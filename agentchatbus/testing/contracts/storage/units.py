"""Units of work: all or nothing, one after the other, answered when stored."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.errors import Unavailable
from agentchatbus.events import Event
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    SomethingHappened,
    StorageCase,
    adding_threads,
    is_refused,
    make_agent,
    make_message,
    make_thread,
    make_token,
    posting,
)


class Refused(Exception):
    """What a unit of work raises to undo itself."""


def add_one_of_each(tx: Transaction) -> None:
    tx.threads.add(make_thread("new"))
    tx.messages.append(make_message(1, "new"))
    tx.agents.add(make_agent("new"), "hash of new")
    tx.tokens.add(make_token("new", thread_id="new"))
    tx.tokens.request_refresh("new", "new", START, "reason")
    tx.documents.put("space", "new", {"a": 1})
    tx.events.append(SomethingHappened(value="new"), START)


def snapshot(tx: Transaction) -> list[Any]:
    """Return everything that `add_one_of_each` and the tests below touch."""
    return [
        [(tx.threads.get(name), tx.threads.by_topic(f"topic of {name}")) for name in ("t", "new")],
        [tx.messages.page(MessageQuery(thread_id=name)) for name in ("t", "new")],
        [tx.agents.all(), tx.agents.by_token("hash of a"), tx.agents.by_token("hash of new")],
        [tx.tokens.get(name) for name in ("one", "new")],
        [tx.tokens.open_of("t", "a"), tx.tokens.open_of("new", "a")],
        [tx.tokens.refresh_requested("t", "a"), tx.tokens.refresh_requested("new", "new")],
        [tx.documents.all("space"), tx.events.bounds(), tx.events.after(0, 100)],
    ]


def increment(tx: Transaction) -> int:
    counter = tx.documents.get("space", "counter") or {"value": 0}
    tx.documents.put("space", "counter", {"value": counter["value"] + 1})
    return int(counter["value"])


class UnitContract(StorageCase):
    async def test_a_write_returns_the_result_of_its_work(self, storage: Storage) -> None:
        assert await storage.write(increment) == 0
        assert await storage.write(increment) == 1

    async def test_what_a_unit_of_work_raises_reaches_its_caller(self, storage: Storage) -> None:
        def work(_: Transaction) -> None:
            raise Refused("no")

        with pytest.raises(Refused, match="no"):
            await storage.write(work)
        with pytest.raises(Refused, match="no"):
            await storage.read(work)

    async def test_a_unit_of_work_may_let_a_stop_iteration_out(self, storage: Storage) -> None:
        for run in (storage.write, storage.read):
            with pytest.raises(RuntimeError):
                await run(lambda _: next(iter(())))

    async def test_a_failed_unit_of_work_leaves_no_trace(self, storage: Storage) -> None:  # H06
        def work(tx: Transaction) -> None:
            add_one_of_each(tx)
            raise Refused

        before = await storage.read(snapshot)
        with pytest.raises(Refused):
            await storage.write(work)
        assert await storage.read(snapshot) == before
        await storage.write(add_one_of_each)

    async def test_a_failed_unit_of_work_restores_what_it_changed_and_removed(self, storage: Storage) -> None:
        def fill(tx: Transaction) -> None:
            tx.threads.add(make_thread())
            tx.messages.append(make_message(1))
            tx.agents.add(make_agent(), "hash of a")
            tx.tokens.add(make_token("one"))
            tx.tokens.request_refresh("t", "a", START, "reason")
            tx.documents.put("space", "kept", {"a": 1})

        def change(tx: Transaction) -> None:
            tx.threads.update(make_thread(topic="another topic"))
            tx.messages.append(make_message(2))
            tx.tokens.consume("one", START, message_id="t-2", fingerprint="f")
            tx.tokens.clear_refresh("t", "a")
            tx.documents.put("space", "kept", {"a": 2})
            tx.documents.delete("space", "kept")
            tx.agents.set_token("a", "another hash")
            tx.agents.remove("a")
            raise Refused

        await storage.write(fill)
        before = await storage.read(snapshot)
        with pytest.raises(Refused):
            await storage.write(change)
        assert await storage.read(snapshot) == before

    async def test_a_failing_unit_of_work_does_not_harm_those_beside_it(self, storage: Storage) -> None:
        def failing(tx: Transaction) -> int:
            increment(tx)
            raise Refused

        works = [failing if number % 3 == 0 else increment for number in range(30)]
        results = await asyncio.gather(*(storage.write(work) for work in works), return_exceptions=True)
        assert [isinstance(result, Refused) for result in results] == [work is failing for work in works]
        assert sorted(result for result in results if isinstance(result, int)) == list(range(20))

    async def test_each_unit_of_work_sees_all_earlier_ones(self, storage: Storage) -> None:  # H02
        results = await asyncio.gather(*(storage.write(increment) for _ in range(50)))
        assert sorted(results) == list(range(50))

    async def test_what_was_acknowledged_is_read_next(self, storage: Storage) -> None:
        for number in range(1, 10):
            await storage.write(increment)
            assert await storage.read(lambda tx: tx.documents.get("space", "counter")) == {"value": number}

    async def test_a_read_that_writes_is_refused(self, storage: Storage) -> None:
        with pytest.raises(Exception):  # noqa: B017, PT011 -- the backend's own error
            await storage.read(add_one_of_each)
        assert await storage.read(lambda tx: tx.threads.get("new")) is None
        await storage.write(add_one_of_each)

    async def test_the_listener_is_told_before_the_writer_is_answered(self, storage: Storage) -> None:
        told: list[int] = []
        storage.on_commit(lambda events: told.extend(event.id for event in events))
        for _ in range(5):
            event = await storage.write(lambda tx: tx.events.append(SomethingHappened(), START))
            assert told[-1] == event.id

    async def test_the_listener_is_told_each_event_once_in_the_order_of_ids(self, storage: Storage) -> None:
        told: list[Event] = []
        storage.on_commit(told.extend)
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        await asyncio.gather(*(storage.write(posting(str(number), "tu"[number % 2])) for number in range(40)))
        assert told == await storage.read(lambda tx: tx.events.after(0, 100))
        assert len(told) == 40

    async def test_the_listener_hears_nothing_of_what_was_undone(self, storage: Storage) -> None:
        def work(tx: Transaction) -> None:
            tx.events.append(SomethingHappened(), START)
            raise Refused

        told: list[Event] = []
        storage.on_commit(told.extend)
        with pytest.raises(Refused):
            await storage.write(work)
        await storage.write(increment)
        assert told == []

    async def test_every_listener_is_told_though_one_fails(
        self, storage: Storage, caplog: pytest.LogCaptureFixture
    ) -> None:
        def failing(_: Sequence[Event]) -> None:
            raise Refused

        told: list[Event] = []
        storage.on_commit(failing)
        storage.on_commit(told.extend)
        with caplog.at_level(logging.CRITICAL):
            event = await storage.write(lambda tx: tx.events.append(SomethingHappened(), START))
        assert told == [event]

    async def test_a_cancelled_caller_does_not_undo_its_work(self, storage: Storage) -> None:
        told: list[Event] = []
        storage.on_commit(told.extend)
        await storage.write(adding_threads())
        tasks = [asyncio.create_task(storage.write(posting(str(number)))) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert any(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        await storage.write(posting("last"))
        messages = await storage.read(lambda tx: tx.messages.page(MessageQuery(thread_id="t")))
        assert [message.seq for message in messages] == list(range(1, 22))
        assert [event.payload["seq"] for event in told] == list(range(1, 22))

    async def test_closing_finishes_what_was_asked_for(self, tmp_path: Path) -> None:
        async with self.open_storage(tmp_path) as storage:
            tasks = [asyncio.create_task(storage.write(increment)) for _ in range(20)]
            await asyncio.sleep(0)
        assert sorted(await asyncio.gather(*tasks)) == list(range(20))

    async def test_a_closed_storage_is_unavailable(self, tmp_path: Path) -> None:
        async with self.open_storage(tmp_path) as storage:
            pass
        with pytest.raises(Unavailable):
            await storage.write(increment)
        with pytest.raises(Unavailable):
            await storage.read(snapshot)

    async def test_what_was_acknowledged_is_there_after_reopening(self, tmp_path: Path) -> None:
        if not self.durable:
            pytest.skip("this backend keeps nothing")
        async with self.open_storage(tmp_path) as storage:
            await storage.write(add_one_of_each)
            before = await storage.read(snapshot)
        async with self.open_storage(tmp_path) as storage:
            assert await storage.read(snapshot) == before
            assert await is_refused(storage, add_one_of_each)
