"""When the coordinator says nothing, or says it sooner: settings, states of the thread, and what changes meanwhile."""

from __future__ import annotations

import pytest

from agentchatbus.plugin_api import NotFound, ThreadStatus
from tests.plugins.coordinator_kit import (
    INSTRUCTION,
    NOTICE,
    OFFLINE,
    TAKEOVER,
    MakeRoom,
    make_room,
)

__all__ = ["make_room"]


async def test_a_thread_can_switch_the_coordinator_off_and_on(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.set(auto_administrator_enabled=False)
    await room.say(room.admin)
    await room.wait(room.admin)
    await room.idle(120)
    assert await room.kinds() == []
    await room.set(auto_administrator_enabled=True)
    await room.until_said(TAKEOVER)


async def test_a_shorter_threshold_counts_at_once(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.set(timeout_seconds=3600, switch_timeout_seconds=3600)
    await room.say(room.admin)
    await room.wait(room.admin)
    await room.idle(120)
    assert await room.kinds() == []
    await room.set(timeout_seconds=100)
    await room.until_said(TAKEOVER)


@pytest.mark.parametrize("status", [ThreadStatus.CLOSED, ThreadStatus.ARCHIVED])
async def test_nothing_is_said_in_a_thread_that_takes_no_messages(make_room: MakeRoom, status: ThreadStatus) -> None:
    room = await make_room()
    await room.say(room.admin)
    await room.wait(room.admin)
    await room.bus.call("thread_set_state", thread_id=room.thread_id, state=status)
    await room.idle(120)
    assert await room.kinds() == []


async def test_a_deleted_thread_disturbs_nobody(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    task = await room.wait(room.admin)
    await room.bus.call("thread_delete", thread_id=room.thread_id, confirm=True)
    with pytest.raises(NotFound):
        await task
    await room.idle(60)


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [({"instruct": False}, [NOTICE]), ({"notices": False}, []), ({"switches": False}, [NOTICE, INSTRUCTION])],
)
async def test_each_kind_of_word_can_be_switched_off(
    make_room: MakeRoom, settings: dict[str, bool], kinds: list[str]
) -> None:
    room = await make_room(**settings)
    orion = await room.agent("Orion")
    await room.all_wait(room.admin, orion)
    await room.set(timeout_seconds=60)
    if settings == {"notices": False}:
        room.clock.advance(600)
        await room.bus.drain()
    else:
        room.clock.advance(60)
        await room.until_said(*kinds)
    assert await room.kinds() == kinds


async def test_an_administrator_that_leaves_meanwhile_makes_it_another_matter(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await room.agent("Orion"), await room.agent("Vega")
    await room.all_say(room.admin, orion, vega)
    called, *_ = await room.all_wait(room.admin, orion, vega)
    room.clock.advance(60)
    await room.until_said(NOTICE, INSTRUCTION)
    await called
    await room.leave(room.admin)
    await room.until_said(NOTICE, INSTRUCTION, OFFLINE)
