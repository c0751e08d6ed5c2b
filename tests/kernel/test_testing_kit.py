"""The kit itself: a clock that tests move, a bus to ask, and agents that behave."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from agentchatbus import testing
from agentchatbus.clock import SystemClock
from agentchatbus.plugin_api import (
    BusSettings,
    Caller,
    CallerKind,
    Forbidden,
    MessageDraft,
    NotFound,
    OutOfSync,
    Plugin,
    PluginSettings,
    Rejected,
    SyncFieldsMissing,
    Unauthenticated,
    hookimpl,
)
from agentchatbus.testing import MakeBus, ManualClock


class QuietPlugin(Plugin[PluginSettings]):
    """Refuses everything."""

    @hookimpl
    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        raise Rejected("Silence, please.")


async def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    before = clock.now()
    clock.advance(90)
    assert clock.now() - before == timedelta(seconds=90)
    assert clock.monotonic() == 90


async def test_time_never_goes_back() -> None:
    with pytest.raises(ValueError, match="back"):
        ManualClock().advance(-1)


async def test_a_wait_ends_when_its_time_is_over_and_not_before() -> None:
    clock = ManualClock()
    waiting = asyncio.create_task(clock.wait_for(asyncio.Event(), 10))
    await clock.until_waiting(within=10)
    clock.advance(9.5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0)
    clock.advance(0.5)
    assert await waiting is False


async def test_a_wait_ends_when_its_event_is_set() -> None:
    clock, event = ManualClock(), asyncio.Event()
    limited = asyncio.create_task(clock.wait_for(event, 10))
    endless = asyncio.create_task(clock.wait_for(event, None))
    await clock.until_waiting()
    event.set()
    assert await asyncio.gather(limited, endless) == [True, True]


@pytest.mark.parametrize("timeout", [0, -1])
async def test_a_wait_without_time_only_looks(timeout: float) -> None:
    clock, event = ManualClock(), asyncio.Event()
    assert await clock.wait_for(event, timeout) is False
    event.set()
    assert await clock.wait_for(event, timeout) is True


async def test_a_wait_that_is_cancelled_leaves_nothing_behind() -> None:
    clock = ManualClock()
    waiting = asyncio.create_task(clock.wait_for(asyncio.Event(), 10))
    await clock.until_waiting()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(clock.until_waiting(), 0)


async def test_every_thread_may_ask_for_the_time() -> None:
    clock = ManualClock()
    clock.advance(5)
    seen: list[float] = []
    thread = threading.Thread(target=lambda: seen.append((clock.now() - testing.clock.START).total_seconds()))
    thread.start()
    thread.join()
    assert seen == [5]


async def test_the_bus_is_a_context_manager_outside_pytest() -> None:
    async with testing.make_bus() as bus:
        await bus.call("msg_post", thread_id=bus.thread, content="hello")
        (message,) = await bus.messages()
    assert (message.content, message.author, message.seq) == ("hello", "human", 1)


async def test_a_plugin_that_was_given_takes_part(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[QuietPlugin(PluginSettings())])
    with pytest.raises(Rejected, match="Silence"):
        await bus.call("msg_post", thread_id=bus.thread, content="hello")
    assert await bus.messages() == []


async def test_no_installed_plugin_takes_part(make_bus: MakeBus) -> None:
    assert (await make_bus()).app.manager.active == {}


async def test_settings_reach_the_domain(make_bus: MakeBus) -> None:
    settings = BusSettings(seq_tolerance=3, max_topic_length=90, operator_token="secret")
    known = (await make_bus(settings=settings)).app.bus.settings
    assert (known.seq_tolerance, known.max_topic_length, known.operator_token) == (3, 90, "secret")


async def test_a_bus_for_the_network_trusts_nobody_without_a_token(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=BusSettings(is_open=False, operator_token="a long operator token"))
    with pytest.raises(Unauthenticated):
        await bus.post("hello")


async def test_agents_remember_what_they_have_read(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    posted = await nova.post("one")
    assert (posted.message.author_id, nova.sync.current_seq) == (nova.agent_id, 1)
    with pytest.raises(OutOfSync):
        await orion.post("at the same time")
    assert [message.content for message in (await orion.wait()).messages] == ["one"]
    assert (await orion.post("now I know")).message.seq == 2


async def test_agents_are_held_to_the_sync_protocol_and_people_are_not(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(SyncFieldsMissing):
        await agent.call("msg_post", thread_id=bus.thread, content="hello")
    await bus.post("hello")


async def test_a_guest_has_proven_nothing(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(Forbidden):
        await bus.guest().call(
            "msg_post", thread_id=bus.thread, author="human", content="x", expected_last_seq=0, reply_token="x"
        )
    assert bus.guest().session.credentials.grants is CallerKind.GUEST


async def test_an_operation_that_does_not_exist_is_not_found(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(NotFound):
        await bus.call("nothing")


async def test_blocked_waits_can_be_awaited_and_end_with_the_clock(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    agent = await bus.agent("Nova")
    waiting = asyncio.create_task(agent.wait(60_000))
    await bus.until_blocked()
    assert [state.agent_id for state in bus.waits()] == [agent.agent_id]
    clock.advance(60)
    assert (await waiting).reason == "timeout"


async def test_only_a_manual_clock_knows_who_waits(make_bus: MakeBus) -> None:
    bus = await make_bus(clock=SystemClock())
    with pytest.raises(TypeError, match="ManualClock"):
        await bus.until_blocked()


async def test_handles_show_no_token(make_bus: MakeBus) -> None:
    agent = await (await make_bus()).agent("Nova")
    assert agent.token not in repr(agent)
    assert agent.sync.reply_token not in repr(agent)
