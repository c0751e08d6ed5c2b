"""The coordinator: what it says when all agents of a thread wait, to whom, and how often."""

from __future__ import annotations

from agentchatbus.plugin_api import isoformat
from tests.plugins.coordinator_kit import (
    INSTRUCTION,
    NOTICE,
    OFFLINE,
    SWITCH,
    TAKEOVER,
    MakeRoom,
    make_room,
)

__all__ = ["make_room"]

WORKING = 900
"""Seconds after which an agent that spoke counts as offline."""


async def test_a_an_administrator_that_waits_alone_gets_people_a_card(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    task = await room.wait(room.admin)
    room.clock.advance(60)
    (card,) = await room.until_said(TAKEOVER)
    agent = await room.bus.app.bus.agents.get(room.admin.agent_id)
    metadata = dict(card.metadata)
    buttons = metadata.pop("ui_buttons")
    assert [button["action"] for button in buttons] == ["takeover", "cancel"]
    assert all(button["label"] for button in buttons)
    assert buttons[1]["tooltip"]
    assert metadata.pop("current_admin_emoji")
    assert metadata == {
        "ui_type": TAKEOVER,
        "visibility": "human_only",
        "wakes": (),
        "thread_id": room.thread_id,
        "reason": "single_online_current_admin_waiting",
        "mode": "single_agent_current_admin",
        "current_admin_id": agent.id,
        "current_admin_name": "Nova",
        "timeout_seconds": 60,
        "online_agents_count": 1,
        "triggered_at": isoformat(room.clock.now()),
    }
    assert (card.author, card.author_id, card.author_name) == ("system", "system", "System")
    assert not task.done()


async def test_b_an_administrator_that_waits_with_others_is_told_to_go_on(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.all_say(room.admin, orion)
    called, left = await room.all_wait(room.admin, orion)
    room.clock.advance(60)
    notice, instruction = await room.until_said(NOTICE, INSTRUCTION)
    assert notice.is_human_only
    assert (notice.metadata["reason"], notice.metadata["mode"]) == ("all_agents_waiting", "multi_agent")
    assert notice.metadata["current_admin_id"] == room.admin.agent_id
    assert notice.metadata["online_agents_count"] == 2
    assert not instruction.is_human_only
    assert instruction.metadata["reason"] == "all_agents_waiting"
    assert instruction.metadata["handoff_target"] == room.admin.agent_id
    assert instruction.metadata["target_admin_id"] == room.admin.agent_id
    assert instruction.metadata["target_admin_name"] == "Nova"
    assert instruction.metadata["target_admin_emoji"]
    outcome = await called
    assert [message.id for message in outcome.messages] == [notice.id, instruction.id]
    assert outcome.messages[0].content != notice.content
    assert not left.done()  # M38


async def test_c_without_an_administrator_people_are_told_to_look(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await room.agent("Orion"), await room.agent("Vega")
    await room.all_say(orion, vega)
    await room.leave(room.admin)
    tasks = await room.all_wait(orion, vega)
    room.clock.advance(60)
    _, risk = await room.until_said(NOTICE, OFFLINE)
    assert risk.is_human_only
    assert risk.metadata["reason"] == "no_actionable_admin"
    assert (risk.metadata["current_admin_id"], risk.metadata["current_admin_name"]) == (room.admin.agent_id, "Nova")
    assert "current_admin_emoji" not in risk.metadata
    assert not any(task.done() for task in tasks)


async def test_c_a_thread_that_nobody_leads_is_named_as_such(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = [await room.agent(name, thread_id=room.bus.thread) for name in ("Orion", "Vega")]
    await room.all_wait(orion, vega)
    room.clock.advance(60)
    _, risk = await room.until_said(NOTICE, OFFLINE, thread_id=room.bus.thread)
    assert (risk.metadata["current_admin_id"], risk.metadata["current_admin_name"]) == (None, None)


async def test_d_one_agent_that_waits_for_an_absent_administrator_is_proposed(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.all_say(room.admin, orion)
    await room.leave(room.admin)
    await room.set(switch_timeout_seconds=90)
    await room.wait(orion)
    await room.idle(61)
    assert await room.kinds() == []
    room.clock.advance(30)
    (card,) = await room.until_said(SWITCH)
    metadata = card.metadata
    assert (metadata["reason"], metadata["mode"]) == ("all_agents_waiting", "single_agent_fallback")
    assert (metadata["current_admin_id"], metadata["candidate_admin_id"]) == (room.admin.agent_id, orion.agent_id)
    assert (metadata["candidate_admin_name"], metadata["timeout_seconds"]) == ("Orion", 91)
    assert [button["action"] for button in metadata["ui_buttons"]] == ["switch", "keep"]


async def test_one_agent_in_a_thread_that_nobody_leads_is_left_alone(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion", thread_id=room.bus.thread)
    await room.wait(orion)
    await room.idle(120)
    assert await room.kinds(room.bus.thread) == []


async def test_nothing_is_said_before_the_threshold_or_while_somebody_is_here_without_waiting(
    make_room: MakeRoom,
) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.all_say(room.admin, orion)
    await room.wait(room.admin)
    await room.idle(120)
    assert await room.kinds() == []  # Orion works
    await room.wait(orion)
    await room.idle(59)
    assert await room.kinds() == []
    room.clock.advance(1)
    await room.until_said(NOTICE, INSTRUCTION)


async def test_an_agent_that_works_in_silence_is_not_stuck_until_it_counts_as_gone(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.all_say(room.admin, orion)
    await room.wait(room.admin)
    await room.idle(WORKING - 60)
    assert await room.kinds() == []
    room.clock.advance(60)
    await room.until_said(TAKEOVER)


async def test_an_agent_that_has_just_joined_may_still_speak(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    await room.wait(room.admin)
    newcomer = await room.agent("Orion")
    await room.idle(300)
    assert await room.kinds() == []
    await room.leave(newcomer)
    await room.until_said(TAKEOVER)


async def test_who_waits_without_having_spoken_does_not_count_beside_those_who_spoke(make_room: MakeRoom) -> None:
    room = await make_room()
    lurker = await room.agent("Orion")
    await room.say(room.admin)
    await room.all_wait(lurker, room.admin)
    room.clock.advance(60)
    (card,) = await room.until_said(TAKEOVER)
    assert card.metadata["online_agents_count"] == 1


async def test_where_nobody_spoke_all_who_wait_count(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.all_wait(await room.agent("Orion"), room.admin)
    room.clock.advance(60)
    await room.until_said(NOTICE, INSTRUCTION)


async def test_an_administrator_that_never_spoke_counts_as_long_as_it_is_here(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.say(orion)
    await room.wait(orion)
    await room.idle(120)
    assert await room.kinds() == []  # Nova works on its first words
    await room.wait(room.admin)
    room.clock.advance(60)
    await room.until_said(NOTICE, INSTRUCTION)


async def test_h46_a_notice_comes_once_and_an_instruction_less_and_less_often(make_room: MakeRoom) -> None:
    room = await make_room(repeats=2)
    orion = await room.agent("Orion")
    await room.all_say(room.admin, orion)
    await room.all_wait(room.admin, orion)
    room.clock.advance(60)
    await room.until_said(NOTICE, INSTRUCTION)
    await room.wait(room.admin)
    await room.idle(119)
    assert len(await room.kinds()) == 2
    room.clock.advance(1)
    await room.until_said(NOTICE, INSTRUCTION, INSTRUCTION)
    await room.wait(room.admin)
    await room.idle(238)
    assert len(await room.kinds()) == 3
    room.clock.advance(2)
    await room.until_said(NOTICE, INSTRUCTION, INSTRUCTION, INSTRUCTION)
    await room.wait(room.admin)
    await room.idle(24 * 3600 - 700)
    assert len(await room.kinds()) == 4


async def test_h46_with_a_new_message_a_new_idle_period_begins(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await room.agent("Orion"), await room.agent("Vega")
    await room.all_say(orion, vega)
    await room.leave(room.admin)
    await room.all_wait(orion, vega)
    room.clock.advance(60)
    await room.until_said(NOTICE, OFFLINE)
    await room.idle(3600)
    assert len(await room.kinds()) == 2
    await room.bus.post("go on, please", thread_id=room.thread_id)
    await room.until(lambda: not room.waiting())
    await room.all_wait(orion, vega)
    room.clock.advance(60)
    await room.until_said(NOTICE, OFFLINE, NOTICE, OFFLINE)


async def test_m42_a_card_stays_alone_until_it_is_decided(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    await room.wait(room.admin)
    room.clock.advance(60)
    (card,) = await room.until_said(TAKEOVER)
    await room.idle(3600)
    assert len(await room.kinds()) == 1
    await room.decide("cancel", source_message_id=card.id)
    await room.idle(119)
    assert await room.kinds() == [TAKEOVER, "admin_takeover_decision_result"]
    room.clock.advance(1)
    await room.until_said(TAKEOVER, "admin_takeover_decision_result", TAKEOVER)


async def test_waits_that_follow_each_other_count_as_one(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    for _ in range(2):
        task = await room.wait(room.admin, timeout_ms=25_000)
        await room.bus.drain()
        room.clock.advance(25)
        await task
        await room.bus.drain()
        room.clock.advance(1)
    await room.wait(room.admin)
    await room.bus.drain()
    room.clock.advance(8)
    (card,) = await room.until_said(TAKEOVER)
    assert card.metadata["timeout_seconds"] == 60


async def test_a_wait_that_begins_long_after_another_counts_anew(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    task = await room.wait(room.admin, timeout_ms=50_000)
    room.clock.advance(50)
    await task
    room.clock.advance(16)
    await room.wait(room.admin)
    await room.idle(59)
    assert await room.kinds() == []


async def test_waits_only_for_oneself_are_measured_from_the_last_message(make_room: MakeRoom) -> None:
    room = await make_room()
    await room.say(room.admin)
    await room.wait(room.admin, for_agent=room.admin.agent_id)
    room.clock.advance(50)
    await room.bus.post("for nobody in particular", thread_id=room.thread_id)
    await room.idle(59)
    assert await room.kinds() == []
    room.clock.advance(1)
    await room.until_said(TAKEOVER)
