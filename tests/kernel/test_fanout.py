"""The event feed: cursors, gaps, waiting, stopping."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from agentchatbus import fanout
from agentchatbus.events import Event
from agentchatbus.model import freeze
from agentchatbus.testing import MakeBus, ManualClock

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


async def test_a_reader_goes_on_where_its_cursor_is(make_bus: MakeBus) -> None:
    bus = await make_bus()
    feed = bus.app.bus.feed
    start = feed.newest
    for number in range(5):
        await bus.post(f"message {number}")
    first = await feed.read(start, 2)
    assert first is not None
    rest = await feed.read(first[-1].id)
    assert rest is not None
    assert [event.payload["seq"] for event in (*first, *rest)] == [1, 2, 3, 4, 5]
    assert await feed.read(feed.newest) == ()
    assert await feed.read(feed.newest + 1) is None


async def test_events_that_left_memory_are_read_from_the_storage(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "RING_SIZE", 3)
    bus = await make_bus()
    start = bus.app.bus.feed.newest
    for number in range(8):
        await bus.post(f"message {number}")
    events = await bus.app.bus.feed.read(start)
    assert events is not None
    assert [event.payload["seq"] for event in events] == list(range(1, 9))


async def test_large_events_leave_memory_before_they_are_many(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "RING_WEIGHT", 20_000)
    bus = await make_bus()
    start = bus.app.bus.feed.newest
    for number in range(8):
        await bus.post(f"{number}" * 5_000)
    events = await bus.app.bus.feed.read(start)
    assert [event.payload["seq"] for event in events or ()] == list(range(1, 9))


@pytest.mark.parametrize(("size", "weight", "kept"), [(3, 10**6, 3), (100, 5_000, 4), (100, 10, 0)])
def test_what_is_held_in_memory_is_bounded_by_number_and_by_text(size: int, weight: int, kept: int) -> None:
    ring = fanout.Ring(size, weight)
    for number in range(1, 9):
        payload = {"message": {"content": "x" * 1_000, "metadata": {"list": ["y" * 90, 1, None]}}}
        payload = freeze(payload) if number % 2 else payload
        ring.extend([Event(id=number, type="t", thread_id=None, payload=payload, created_at=datetime.now(UTC))])
    held = ring.after(8 - kept, 100)
    assert [event.id for event in held or ()] == list(range(9 - kept, 9))
    assert ring.after(7 - kept, 100) is None
    assert ring.weight <= weight


async def test_a_reader_too_far_behind_is_told_so(make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "RING_SIZE", 1)
    monkeypatch.setattr(fanout, "MAX_LAG", 3)
    bus = await make_bus()
    for number in range(8):
        await bus.post(f"message {number}")
    newest = bus.app.bus.feed.newest
    assert await bus.app.bus.feed.read(newest - 4) is None
    assert len(await bus.app.bus.feed.read(newest - 3) or ()) == 3


async def test_a_cursor_before_what_was_pruned_is_a_gap(make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "RING_SIZE", 1)
    bus = await make_bus()
    for number in range(4):
        await bus.post(f"message {number}")
    later = bus.clock.now() + timedelta(days=1)
    while await bus.app.bus.storage.prune(events_before=later, tokens_before=later, answers_before=later):
        pass
    await bus.post("after the clean-up")
    await bus.post("and one more")
    feed = bus.app.bus.feed
    assert await feed.read(1) is None
    assert len(await feed.read(feed.newest - 2) or ()) == 2


async def test_waiting_ends_with_an_event_a_timeout_or_the_bus(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    feed = bus.app.bus.feed
    woken = asyncio.create_task(feed.wait(feed.newest, 60))
    late = asyncio.create_task(feed.wait(feed.newest + 100, 60))
    await clock.until_waiting(2, within=60)
    await bus.post("hello")
    assert await woken
    clock.advance(60)
    assert not await late
    last = asyncio.create_task(feed.wait(feed.newest, 60))
    await clock.until_waiting(1, within=60)
    feed.close()
    assert not await last
    assert feed.closed


async def test_who_asked_has_the_answer_before_readers_hear_of_it(make_bus: MakeBus) -> None:
    feed = (await make_bus()).app.bus.feed
    answer = asyncio.get_running_loop().create_future()
    order = []

    async def read() -> None:
        await feed.wait(feed.newest)
        order.append("reader")

    async def ask() -> None:
        await answer
        order.append("answer")

    tasks = [asyncio.create_task(read()), asyncio.create_task(ask())]
    await asyncio.sleep(0)
    feed.committed([Event(id=feed.newest + 1, type="x", thread_id=None, payload=freeze({}), created_at=MOMENT)])
    answer.set_result(None)
    await asyncio.gather(*tasks)
    assert order == ["answer", "reader"]
