"""Agents that wait for each other."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.plugin_api import Event, visible_event
from agentchatbus.testing import AgentHandle
from tests.plugins.coordinator_kit import DEADLOCK, INSTRUCTION, MakeRoom, Room, make_room

__all__ = ["make_room"]


async def events(room: Room) -> list[Event]:
    found = await room.bus.app.bus.feed.read(0, 10_000)
    return [event for event in found or () if event.type.startswith("coordinator.")]


async def until_events(room: Room, *types: str) -> list[Event]:
    """Wait until exactly these events of the coordinator were published."""

    async def is_told() -> bool:
        return len(await events(room)) >= len(types)

    await room.until(is_told)
    found = await events(room)
    assert [event.type.removeprefix("coordinator.") for event in found] == list(types)
    return found


async def wait_for(room: Room, agent: AgentHandle, *others: AgentHandle, **arguments: Any) -> Any:
    return await room.wait(agent, waiting_for=[other.agent_id for other in others], **arguments)


async def pair(room: Room) -> tuple[AgentHandle, AgentHandle]:
    """Return two agents of a thread that is not their own, so that nobody leads it."""
    orion, vega = [await room.agent(name, thread_id=room.bus.thread) for name in ("Orion", "Vega")]
    await room.all_say(orion, vega)
    return orion, vega


async def test_two_agents_that_wait_for_each_other_are_reported_at_once(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    first = await wait_for(room, orion, vega)
    room.clock.advance(240)
    second = await wait_for(room, vega, orion)
    (card,) = await room.until_said(DEADLOCK, thread_id=room.bus.thread)
    assert "Orion waits for Vega in 'Under test' since 12:00 UTC" in card.content
    assert "Vega waits for Orion in 'Under test' since 12:04 UTC" in card.content
    metadata = card.metadata
    assert card.is_human_only
    assert {(row["agent_id"], row["waiting_for"], row["topic"]) for row in metadata["cycle"]} == {
        (orion.agent_id, vega.agent_id, "Under test"),
        (vega.agent_id, orion.agent_id, "Under test"),
    }
    assert (metadata["reason"], "decision_status" in metadata) == ("wait_cycle", False)
    (event,) = await until_events(room, "deadlock")
    assert event.payload["cards"] == {room.bus.thread: card.id}
    assert event.payload["deadlock_id"] == metadata["deadlock_id"]
    assert event.payload["text"] in card.content
    assert visible_event(event, room.person) == event
    assert not any(task.done() for task in (first, second))


async def test_a_circle_may_lead_through_several_threads_and_agents(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    lyra = await room.agent("Lyra")
    await room.leave(room.admin)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, lyra, thread_id=room.thread_id)
    await wait_for(room, lyra, orion)
    (here,) = await room.until_said(DEADLOCK, thread_id=room.bus.thread)
    (there,) = await room.until_said(DEADLOCK)
    assert here.content == there.content
    assert (here.metadata["thread_id"], there.metadata["thread_id"]) == (room.bus.thread, room.thread_id)
    assert len(here.metadata["cycle"]) == 3


async def test_waiting_for_somebody_who_waits_for_a_third_is_no_circle(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, room.admin, vega)
    await wait_for(room, room.admin)
    await room.idle(30)
    assert await events(room) == []


async def test_waits_that_name_nobody_are_no_circle(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await room.wait(orion, for_agent=orion.agent_id)
    await room.wait(vega, for_agent=vega.agent_id)
    await room.idle(30)
    assert await events(room) == []


async def test_a_circle_is_reported_once_and_a_growing_one_no_second_time(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    lyra = await room.agent("Lyra", thread_id=room.bus.thread)
    await wait_for(room, orion, vega, lyra)
    await wait_for(room, vega, orion)
    await until_events(room, "deadlock")
    await wait_for(room, lyra, orion)
    await room.idle(30)
    await until_events(room, "deadlock")


async def test_when_one_is_answered_the_card_is_resolved(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    task = await wait_for(room, vega, orion, for_agent=vega.agent_id)
    await until_events(room, "deadlock")
    metadata = {"handoff_target": vega.agent_id}
    await room.bus.post("go on", thread_id=room.bus.thread, metadata=metadata)
    await task
    _, event = await until_events(room, "deadlock", "deadlock_resolved")
    assert event.payload["reason"] == "messages"
    (card,) = await room.said(room.bus.thread)
    assert (card.metadata["decision_status"], card.metadata["reason"]) == ("resolved", "messages")
    assert card.metadata["decision_at"]
    assert event.payload["cards"] == {room.bus.thread: card.id}


async def test_a_wait_that_times_out_and_begins_again_changes_nothing(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    task = await wait_for(room, vega, orion, timeout_ms=60_000)
    await until_events(room, "deadlock")
    room.clock.advance(60)
    await task
    room.clock.advance(10)
    await wait_for(room, vega, orion)
    await room.idle(60)
    await until_events(room, "deadlock")


async def test_a_wait_that_times_out_and_does_not_begin_again_ends_it(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    task = await wait_for(room, vega, orion, timeout_ms=60_000)
    await until_events(room, "deadlock")
    room.clock.advance(60)
    await task
    await room.bus.drain()
    room.clock.advance(15)
    _, event = await until_events(room, "deadlock", "deadlock_resolved")
    assert event.payload["reason"] == "timeout"


async def test_who_waits_for_somebody_else_now_ends_it(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    task = await wait_for(room, vega, orion, timeout_ms=60_000)
    await until_events(room, "deadlock")
    room.clock.advance(60)
    await task
    await wait_for(room, vega, room.admin)
    _, event = await until_events(room, "deadlock", "deadlock_resolved")
    assert event.payload["reason"] == "changed"


async def test_an_agent_that_leaves_ends_it(make_room: MakeRoom) -> None:
    room = await make_room(grace_seconds=0)
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion)
    await until_events(room, "deadlock")
    await room.leave(vega)
    _, event = await until_events(room, "deadlock", "deadlock_resolved")
    assert event.payload["reason"] == "gone"


async def test_m38_the_administrator_is_told_once_and_nobody_else_is_woken(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await room.agent("Orion"), await room.agent("Vega")
    called = await room.wait(room.admin)
    left = [await wait_for(room, orion, vega), await wait_for(room, vega, orion)]
    card, instruction = await room.until_said(DEADLOCK, INSTRUCTION)
    assert instruction.metadata["handoff_target"] == room.admin.agent_id
    assert instruction.metadata["reason"] == "wait_cycle"
    assert "Orion waits for Vega" in instruction.content
    outcome = await called
    assert [message.id for message in outcome.messages] == [card.id, instruction.id]
    assert not any(task.done() for task in left)


async def test_an_administrator_in_the_circle_that_waits_on_opens_the_card_again(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    called = await wait_for(room, room.admin, orion)
    await wait_for(room, orion, room.admin)
    await room.until_said(DEADLOCK, INSTRUCTION)
    await called
    await until_events(room, "deadlock", "deadlock_resolved")
    await wait_for(room, room.admin, orion)
    await until_events(room, "deadlock", "deadlock_resolved", "deadlock")
    card, _ = await room.until_said(DEADLOCK, INSTRUCTION)
    assert "decision_status" not in card.metadata


async def test_once_somebody_spoke_the_same_circle_is_news(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion)
    await until_events(room, "deadlock")
    await room.bus.post("speak", thread_id=room.bus.thread)
    await until_events(room, "deadlock", "deadlock_resolved")
    await room.until(lambda: not room.waiting())
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion)
    await room.until_said(DEADLOCK, DEADLOCK, thread_id=room.bus.thread)


async def test_nothing_is_said_where_the_coordinator_is_switched_off(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await room.bus.call("thread_settings_update", thread_id=room.bus.thread, auto_administrator_enabled=False)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion)
    await room.idle(30)
    assert await events(room) == []


@pytest.mark.parametrize("settings", [{"deadlocks": False}])
async def test_deadlocks_can_be_left_out(make_room: MakeRoom, settings: dict[str, bool]) -> None:
    room = await make_room(**settings)
    orion, vega = await pair(room)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion)
    await room.idle(30)
    assert await events(room) == []
