"""Threads in which nobody speaks any more are closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Caller,
    CallerKind,
    Event,
    MessageDraft,
    Storage,
    StorageContext,
    StorageOffer,
    Thread,
    ThreadDraft,
    ThreadStatus,
    Transaction,
    isoformat,
)
from agentchatbus.testing import BusHarness, MakeBus, ManualClock
from agentchatbus.testing import make_bus as open_bus
from agentchatbus.testing.memory import MemoryStorage
from agentchatbus_timeout import TimeoutPlugin, TimeoutSettings

MINUTE = 60


def timeout(**settings: Any) -> TimeoutPlugin:
    return TimeoutPlugin(TimeoutSettings(**({"minutes": 10, "sweep_seconds": 1} | settings)))


async def events(bus: BusHarness) -> list[Event]:
    found = await bus.app.bus.feed.read(0, 1_000_000)
    return [event for event in found or () if event.type == "thread.timeout"]


async def until_closed(bus: BusHarness, count: int = 1) -> list[Event]:
    """Wait until so many threads were closed for their silence."""
    feed = bus.app.bus.feed
    while True:
        newest, found = feed.newest, await events(bus)
        if len(found) >= count:
            return found
        await feed.wait(newest)


async def sentinel(bus: BusHarness) -> str:
    """Create a thread that is closed after all that are due when it is created."""
    opened = await bus.app.bus.threads.create(ThreadDraft(topic="Sentinel"), Caller(kind=CallerKind.HUMAN))
    return opened.thread.id


async def status(bus: BusHarness, thread_id: str | None = None) -> ThreadStatus:
    return (await bus.app.bus.threads.get(thread_id or bus.thread)).status


async def test_a_thread_in_which_nobody_speaks_is_closed(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)
    clock.advance(5 * MINUTE)
    await bus.post("the last word")
    clock.advance(10 * MINUTE)
    (event,) = await until_closed(bus)
    assert await status(bus) is ThreadStatus.CLOSED
    assert event.payload["timeout_minutes"] == 10
    assert event.payload["last_activity"] == "2030-01-01T12:05:00.000000+00:00"
    assert event.payload["closed_at"]


async def test_a_thread_in_which_somebody_speaks_stays_open(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)
    other = await sentinel(bus)
    for _ in range(3):
        clock.advance(9 * MINUTE)
        await bus.post("still here")
    await until_closed(bus)
    assert await status(bus, other) is ThreadStatus.CLOSED
    assert await status(bus) is ThreadStatus.DISCUSS


async def test_m39_what_the_bus_itself_says_is_no_activity(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)
    await bus.post("the last word")
    for _ in range(3):
        clock.advance(3 * MINUTE)
        await bus.app.bus.messages.post_system(MessageDraft(thread_id=bus.thread, content="a card"))
    clock.advance(MINUTE + 1)
    (event,) = await until_closed(bus)
    assert event.payload["last_activity"] == "2030-01-01T12:00:00.000000+00:00"


@pytest.mark.parametrize("label", [item for item in ThreadStatus if item is not ThreadStatus.DISCUSS])
async def test_only_threads_in_discussion_are_closed(
    make_bus: MakeBus, clock: ManualClock, label: ThreadStatus
) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)
    await bus.call("thread_set_state", thread_id=bus.thread, state=label)
    await sentinel(bus)
    clock.advance(11 * MINUTE)
    assert len(await until_closed(bus)) == 1
    assert await status(bus) is label


async def test_a_thread_that_is_brought_back_has_the_whole_time_again(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)
    clock.advance(11 * MINUTE)
    await until_closed(bus)
    await bus.call("thread_set_state", thread_id=bus.thread, state=ThreadStatus.DISCUSS)
    await bus.drain()
    for _ in range(10):
        clock.advance(MINUTE)
        await bus.app.bus.messages.post_system(MessageDraft(thread_id=bus.thread, content="a card"))
    _, again = await until_closed(bus, 2)
    assert (again.thread_id, again.payload["closed_at"]) == (bus.thread, isoformat(clock.now()))


async def test_many_threads_are_closed_page_by_page(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)

    def fill(tx: Transaction) -> None:
        for number in range(350):
            at = clock.now() + timedelta(seconds=number)
            tx.threads.add(Thread(id=f"t{number}", topic=f"Topic {number}", created_at=at))

    await bus.app.bus.storage.write(fill)
    clock.advance(10 * MINUTE + 249)
    found = await until_closed(bus, 251)
    assert len(found) == 251  # those of the seconds 0 to 249, and the one that was there before
    assert await status(bus, "t249") is ThreadStatus.CLOSED
    assert await status(bus, "t250") is ThreadStatus.DISCUSS
    clock.advance(100)
    await until_closed(bus, 351)


async def test_a_new_thread_is_noticed_when_there_was_none(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[timeout()], clock=clock)
    clock.advance(11 * MINUTE)
    await until_closed(bus)
    await sentinel(bus)
    await bus.drain()
    clock.advance(10 * MINUTE)
    await until_closed(bus, 2)


async def test_without_minutes_nothing_is_ever_closed(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[TimeoutPlugin(TimeoutSettings())], clock=clock)
    clock.advance(365 * 24 * 60 * MINUTE)
    await bus.post("hello")
    await bus.drain()
    assert await events(bus) == []


async def test_a_thread_that_was_brought_back_is_known_after_a_restart(clock: ManualClock) -> None:
    storage = MemoryStorage()

    @asynccontextmanager
    async def kept(_: StorageContext) -> AsyncIterator[Storage]:
        yield storage

    offer = StorageOffer(name="memory", open=kept)
    async with open_bus(plugins=[timeout()], clock=clock, storage=offer) as bus:
        clock.advance(11 * MINUTE)
        await until_closed(bus)
        await bus.call("thread_set_state", thread_id=bus.thread, state=ThreadStatus.DISCUSS)
        await bus.drain()
    async with open_bus(plugins=[timeout()], clock=clock, storage=offer) as bus:
        clock.advance(5 * MINUTE)
        await sentinel(bus)
        clock.advance(5 * MINUTE + 1)
        found = await until_closed(bus, 2)
        assert {event.thread_id for event in found} == {bus.thread}
        assert found[1].payload["closed_at"] == isoformat(clock.now())
