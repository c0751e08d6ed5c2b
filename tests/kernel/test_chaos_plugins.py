"""Plugins that misbehave in every way: the bus keeps its invariants and its pace, quarantines them, and lets them back.

The invariants: a post is stored as a whole or refused as a whole; seqs have no gap; each message has its event;
whoever waits hears of it; and nobody speaks in somebody else's name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from agentchatbus.plugin_api import BusError, Event, PluginFailed
from agentchatbus.plugins import PluginState
from agentchatbus.testing import BusHarness, MakeBus
from tests.kernel.chaos import (
    LEAK,
    ChaosPlugin,
    FailingObserverPlugin,
    FloodPlugin,
    HangPlugin,
    LeakPlugin,
    MutatePlugin,
    RaisePlugin,
    SlowObserverPlugin,
)
from tests.kernel.plugin_kit import LeapingClock, turns

LIMIT = 5
"""Failures within a minute that it takes to be quarantined."""

POSTS = 40


async def post_all(bus: BusHarness, count: int = POSTS) -> int:
    """Post so often; return how many posts were accepted."""
    accepted = 0
    for number in range(count):
        try:
            await bus.post(f"message {number}")
            accepted += 1
        except BusError:
            pass
    return accepted


async def require_invariants(bus: BusHarness, accepted: int) -> None:
    """Check that what was accepted is there, in order, each with its event, and nothing else is."""
    messages = await bus.messages()
    assert len(messages) == accepted
    assert [message.seq for message in messages] == list(range(1, accepted + 1))
    assert {message.author for message in messages} <= {"human"}
    events = await events_of(bus)
    assert [event.payload["msg_id"] for event in events if event.type == "msg.new"] == [item.id for item in messages]
    assert [event.id for event in events] == sorted({event.id for event in events})


async def events_of(bus: BusHarness) -> Sequence[Event]:
    """Return the whole log."""
    return await bus.app.bus.storage.read(lambda tx: tx.events.after(0, 1_000_000))


def state_of(bus: BusHarness, name: str) -> PluginState:
    return next(status.state for status in bus.app.manager.statuses() if status.name == name)


async def seconds_of(work: Callable[[], Awaitable[Any]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def test_a_plugin_that_raises_anything_refuses_whole_posts_until_it_is_mended(make_bus: MakeBus) -> None:
    plugin = RaisePlugin()
    bus = await make_bus(plugins=[plugin])
    assert await post_all(bus) == 0
    await require_invariants(bus, 0)
    assert plugin.calls == LIMIT
    assert state_of(bus, "raise") is PluginState.QUARANTINED
    with pytest.raises(PluginFailed, match="quarantined"):
        await bus.post("still refused, without a call")
    plugin.is_armed = False
    assert bus.app.manager.enable("raise") is True
    assert await post_all(bus) == POSTS
    assert state_of(bus, "raise") is PluginState.ACTIVE
    await require_invariants(bus, POSTS)


async def test_a_plugin_that_hangs_costs_its_deadline_a_few_times_and_then_nothing(make_bus: MakeBus) -> None:
    plugin = HangPlugin()
    clock = LeapingClock()
    bus = await make_bus(plugins=[plugin], clock=clock)
    assert await post_all(bus, LIMIT) == 0
    assert clock.elapsed == pytest.approx(LIMIT * 6, abs=1)
    assert state_of(bus, "hang") is PluginState.QUARANTINED
    before = clock.elapsed
    assert await post_all(bus) == 0
    assert clock.elapsed == before
    plugin.is_armed = False
    bus.app.manager.enable("hang")
    assert await post_all(bus) == POSTS
    await require_invariants(bus, POSTS)


async def test_a_quarantine_is_published_once_and_people_can_end_it(make_bus: MakeBus) -> None:
    plugin = RaisePlugin()
    bus = await make_bus(plugins=[plugin])
    before = bus.app.bus.feed.newest
    await post_all(bus)
    await turns(lambda: bus.app.bus.feed.newest > before)
    events = await events_of(bus)
    assert [event.payload["plugin"] for event in events if event.type == "plugin.quarantined"] == ["raise"]
    plugin.is_armed = False
    assert (await bus.call("plugin_enable", name="raise")).was_quarantined
    await bus.post("back again")
    await require_invariants(bus, 1)


async def test_a_plugin_can_change_nothing_that_others_hold_and_no_name(make_bus: MakeBus) -> None:
    plugin = MutatePlugin()
    bus = await make_bus(plugins=[plugin])
    assert await post_all(bus, LIMIT) == 0
    assert len(plugin.refusals) == 3 * LIMIT
    await require_invariants(bus, 0)
    plugin.is_armed = False
    bus.app.manager.enable("mutate")
    assert await post_all(bus) == POSTS
    assert {message.content for message in await bus.messages()} == {f"message {number}" for number in range(POSTS)}
    assert all("injected" not in message.metadata for message in await bus.messages())
    await require_invariants(bus, POSTS)


async def test_a_plugin_that_leaks_holds_its_own_memory_and_none_of_the_buss(make_bus: MakeBus) -> None:
    plugin = LeakPlugin()
    bus = await make_bus(plugins=[plugin])
    assert await post_all(bus) == POSTS
    await bus.drain()
    assert len(plugin.held) == plugin.calls
    assert sum(map(len, plugin.held)) == plugin.calls * LEAK
    await require_invariants(bus, POSTS)


async def test_a_flood_of_events_delays_no_post_for_long_and_nobody_else(make_bus: MakeBus) -> None:
    plugin = FloodPlugin()
    bus = await make_bus(plugins=[plugin])
    agent = await bus.agent("Ada")
    waiting = asyncio.create_task(agent.wait(60_000))
    await bus.until_blocked()
    posted = asyncio.create_task(bus.post("heard in spite of the noise"))
    outcome = await waiting
    await posted
    assert [message.content for message in outcome.messages] == ["heard in spite of the noise"]
    assert plugin.calls > 1
    plugin.is_armed = False
    await require_invariants(bus, 1)


async def test_a_slow_observer_delays_neither_posts_nor_other_observers(make_bus: MakeBus) -> None:
    slow, other = SlowObserverPlugin(), LeakPlugin()
    bus = await make_bus(plugins=[slow, other])
    assert await post_all(bus) == POSTS
    told = [event.id for event in await events_of(bus) if event.type != "bus.started"]
    await turns(lambda: other.calls == len(told))
    assert (slow.calls, slow.seen) == (1, [])
    slow.released.set()
    await bus.drain()
    assert slow.seen == told
    await require_invariants(bus, POSTS)


async def test_a_failing_observer_is_dropped_alone_and_told_again_when_it_is_mended(make_bus: MakeBus) -> None:
    plugin = FailingObserverPlugin()
    bus = await make_bus(plugins=[plugin])
    assert await post_all(bus) == POSTS
    await turns(lambda: state_of(bus, "failing-observer") is PluginState.QUARANTINED)
    assert plugin.calls == LIMIT
    assert await post_all(bus, 3) == 3
    plugin.is_armed = False
    bus.app.manager.enable("failing-observer")
    await turns(lambda: bus.app.bus.feed.newest > POSTS)
    await asyncio.sleep(0)
    await bus.post("heard again")
    await turns(lambda: plugin.calls > LIMIT)


async def test_all_of_them_at_once_leave_a_bus_that_can_be_mended(make_bus: MakeBus) -> None:
    plugins: list[ChaosPlugin] = [
        RaisePlugin(),
        HangPlugin(),
        MutatePlugin(),
        LeakPlugin(),
        SlowObserverPlugin(),
        FailingObserverPlugin(),
    ]
    bus = await make_bus(plugins=plugins, clock=LeapingClock())
    assert await post_all(bus) == 0
    await require_invariants(bus, 0)
    for plugin in plugins:
        plugin.is_armed = False
    for name in bus.app.manager.active:
        bus.app.manager.enable(name)
    assert await post_all(bus) == POSTS
    await require_invariants(bus, POSTS)


async def test_quarantined_plugins_leave_the_bus_its_pace(make_bus: MakeBus) -> None:
    alone = await make_bus()
    beside = await make_bus(plugins=[FailingObserverPlugin(), LeakPlugin(), SlowObserverPlugin()])
    await post_all(beside, LIMIT)
    for bus in (alone, beside):
        await post_all(bus)
    ratios = []
    for _ in range(5):
        quiet = await seconds_of(lambda: post_all(alone))
        loud = await seconds_of(lambda: post_all(beside))
        ratios.append(loud / quiet)
    assert min(ratios) < 3, ratios
