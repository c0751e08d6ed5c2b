"""What people decide about administrators."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentchatbus.plugin_api import Conflict, Forbidden, InvalidRequest, Message, MessageDraft, NotFound, freeze
from agentchatbus.testing import AgentHandle
from tests.plugins.coordinator_kit import INSTRUCTION, SWITCH, TAKEOVER, MakeRoom, Room, make_room

__all__ = ["make_room"]

SWITCHED = "admin_switch_decision_result"
CANCELLED = "admin_takeover_decision_result"


async def takeover_card(room: Room) -> Message:
    """Return the card about an administrator that waits alone."""
    await room.say(room.admin)
    await room.wait(room.admin)
    room.clock.advance(60)
    (card,) = await room.until_said(TAKEOVER)
    return card


async def switch_card(room: Room) -> tuple[Message, AgentHandle]:
    """Return the card that proposes an agent in the place of an absent administrator, and the agent."""
    orion = await room.agent("Orion")
    await room.say(orion)
    await room.leave(room.admin)
    await room.wait(orion)
    room.clock.advance(60)
    (card,) = await room.until_said(SWITCH)
    return card, orion


async def admin(room: Room) -> Any:
    return await room.bus.call("thread_admin_get", thread_id=room.thread_id)


async def card_now(room: Room, card: Message) -> Message:
    return await room.bus.app.bus.messages.get(card.id, room.person)


async def test_the_administrator_of_a_thread_is_its_creator_at_first(make_room: MakeRoom) -> None:
    room = await make_room()
    found = await admin(room)
    assert found.pop("admin_emoji")
    assert found == {
        "admin_id": room.admin.agent_id,
        "admin_name": "Nova",
        "admin_type": "creator",
        "assigned_at": "2030-01-01T12:00:00.000000+00:00",
    }


async def test_a_thread_without_an_administrator_says_so(make_room: MakeRoom) -> None:
    room = await make_room()
    found = await room.bus.call("thread_admin_get", thread_id=room.bus.thread)
    assert found == dict.fromkeys(["admin_id", "admin_name", "admin_emoji", "admin_type", "assigned_at"])


async def test_h04_a_missing_thread_is_not_found(make_room: MakeRoom) -> None:
    room = await make_room()
    for name, arguments in (("thread_admin_get", {}), ("thread_admin_decide", {"action": "cancel"})):
        with pytest.raises(NotFound, match="Thread not found"):
            await room.bus.call(name, thread_id="nope", **arguments)


async def test_h10_m37_a_switch_lasts(make_room: MakeRoom) -> None:
    room = await make_room()
    card, orion = await switch_card(room)
    arguments = {"candidate_admin_id": orion.agent_id, "source_message_id": card.id}
    assert await room.decide("switch", **arguments) == {
        "ok": True,
        "action": "switch",
        "thread_id": room.thread_id,
        "new_admin_id": orion.agent_id,
        "new_admin_name": "Orion",
        "already_decided": False,
    }
    await room.idle(59)
    await room.bus.post("any message", thread_id=room.thread_id)
    found = await admin(room)
    assert (found["admin_id"], found["admin_type"]) == (orion.agent_id, "auto_assigned")
    _, result = await room.said()
    assert result.is_human_only
    assert result.metadata["ui_type"] == SWITCHED
    assert result.metadata["decision"] == "switch"
    assert result.metadata["previous_admin_id"] == room.admin.agent_id
    assert result.metadata["new_admin_id"] == orion.agent_id
    assert result.metadata["source_message_id"] == card.id
    decided = (await card_now(room, card)).metadata
    assert (decided["decision_status"], decided["decision_action"]) == ("resolved", "switch")
    assert decided["decision_at"] == result.metadata["decided_at"]


async def test_keeping_the_administrator_changes_nothing(make_room: MakeRoom) -> None:
    room = await make_room()
    card, _ = await switch_card(room)
    assert await room.decide("keep", source_message_id=card.id) == {
        "ok": True,
        "action": "keep",
        "thread_id": room.thread_id,
        "kept_admin_id": room.admin.agent_id,
        "kept_admin_name": "Nova",
        "already_decided": False,
    }
    assert (await admin(room))["admin_type"] == "creator"
    result = (await room.said())[-1].metadata
    assert (result["ui_type"], result["decision"], result["kept_admin_name"]) == (SWITCHED, "keep", "Nova")


async def test_a_takeover_wakes_the_administrator(make_room: MakeRoom) -> None:
    room = await make_room()
    card = await takeover_card(room)
    (task,) = room.tasks
    assert await room.decide("takeover", source_message_id=card.id) == {
        "ok": True,
        "action": "takeover",
        "thread_id": room.thread_id,
        "notified_admin_id": room.admin.agent_id,
        "notified_admin_name": "Nova",
        "already_decided": False,
    }
    instruction = (await task).messages[-1]
    assert not instruction.is_human_only
    assert instruction.metadata["ui_type"] == INSTRUCTION
    assert instruction.metadata["decision"] == "takeover"
    assert instruction.metadata["handoff_target"] == room.admin.agent_id
    assert instruction.metadata["source_message_id"] == card.id


async def test_cancelling_leaves_the_administrator_waiting(make_room: MakeRoom) -> None:
    room = await make_room()
    card = await takeover_card(room)
    decided = await room.decide("cancel", source_message_id=card.id)
    assert decided == {"ok": True, "action": "cancel", "thread_id": room.thread_id, "already_decided": False}
    result = (await room.said())[1].metadata
    assert (result["ui_type"], result["decision"]) == (CANCELLED, "cancel")
    assert room.waiting()


async def test_a_card_is_decided_once(make_room: MakeRoom) -> None:
    room = await make_room()
    card, orion = await switch_card(room)
    first = await room.decide("keep", source_message_id=card.id)
    again = await room.decide("switch", source_message_id=card.id, candidate_admin_id=orion.agent_id)
    assert first["already_decided"] is False
    assert again == {
        "ok": True,
        "thread_id": room.thread_id,
        "action": "keep",
        "already_decided": True,
        "source_message_id": card.id,
        "decided_at": (await card_now(room, card)).metadata["decision_at"],
    }
    assert (await admin(room))["admin_type"] == "creator"


async def test_of_many_decisions_at_once_one_counts(make_room: MakeRoom) -> None:
    room = await make_room()
    card = await takeover_card(room)
    actions = ["cancel", "takeover"] * 5
    found = await asyncio.gather(*(room.decide(action, source_message_id=card.id) for action in actions))
    (winner,) = [answer for answer in found if not answer["already_decided"]]
    assert {answer["action"] for answer in found} == {winner["action"]}
    assert len(await room.said()) == 2


async def test_without_a_card_a_person_decides_all_the_same(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.decide("switch", candidate_admin_id=orion.agent_id)
    assert (await admin(room))["admin_name"] == "Orion"
    assert (await room.decide("takeover"))["notified_admin_id"] == orion.agent_id
    assert (await room.decide("keep"))["kept_admin_id"] == orion.agent_id
    assert (await room.decide("cancel"))["ok"] is True


async def test_a_takeover_without_an_administrator_takes_the_candidate(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion", thread_id=room.bus.thread)
    thread = {"thread_id": room.bus.thread}
    with pytest.raises(InvalidRequest, match="No actionable administrator found for takeover"):
        await room.decide("takeover", **thread)
    with pytest.raises(NotFound, match="Takeover administrator agent not found"):
        await room.decide("takeover", candidate_admin_id="nobody", **thread)
    decided = await room.decide("takeover", candidate_admin_id=orion.agent_id, **thread)
    assert decided["notified_admin_name"] == "Orion"


async def test_h72_only_who_takes_part_can_become_administrator(make_room: MakeRoom) -> None:
    room = await make_room()
    card, _ = await switch_card(room)
    stranger = await room.agent("Stranger", thread_id=room.bus.thread)
    for source in (card.id, None):
        with pytest.raises(InvalidRequest, match="Stranger takes no part in this thread"):
            await room.decide("switch", candidate_admin_id=stranger.agent_id, source_message_id=source)
    assert (await admin(room))["admin_name"] == "Nova"
    assert "decision_status" not in (await card_now(room, card)).metadata


async def test_h10_a_switch_is_refused_where_the_coordinator_is_switched_off(make_room: MakeRoom) -> None:
    room = await make_room()
    orion = await room.agent("Orion")
    await room.set(auto_administrator_enabled=False)
    with pytest.raises(Conflict, match="switched off in this thread"):
        await room.decide("switch", candidate_admin_id=orion.agent_id)
    assert (await admin(room))["admin_name"] == "Nova"
    assert await room.said() == []


async def test_what_is_wrong_with_a_decision_is_said_in_order(make_room: MakeRoom) -> None:
    room = await make_room()
    card = await takeover_card(room)
    posted = await room.bus.post("no card", thread_id=room.thread_id)
    elsewhere = await room.bus.post("elsewhere")
    forged = await room.bus.post("forged", thread_id=room.thread_id, metadata={"ui_type": TAKEOVER})
    refusals: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"source_message_id": "nope"}, NotFound, "source_message_id not found"),
        ({"source_message_id": elsewhere.message.id}, InvalidRequest, "does not belong to this thread"),
        ({"source_message_id": posted.message.id}, InvalidRequest, "is not an admin confirmation prompt"),
        ({"source_message_id": forged.message.id}, InvalidRequest, "is not an admin confirmation prompt"),
        (
            {"source_message_id": card.id},
            InvalidRequest,
            f"Invalid action 'switch' for source_message_id ui_type={TAKEOVER}. Allowed: cancel, takeover",
        ),
        ({}, InvalidRequest, "candidate_admin_id is required for action='switch'"),
        ({"candidate_admin_id": "nobody"}, NotFound, "Candidate admin agent not found"),
    ]
    for arguments, error, text in refusals:
        with pytest.raises(error) as caught:
            await room.decide("switch", **arguments)
        assert text in str(caught.value)


async def test_an_unknown_action_is_invalid(make_room: MakeRoom) -> None:
    room = await make_room()
    with pytest.raises(InvalidRequest) as caught:
        await room.decide("dance")
    assert caught.value.details["errors"]


async def test_a_card_of_another_kind_is_no_prompt(make_room: MakeRoom) -> None:
    room = await make_room()
    draft = MessageDraft(thread_id=room.thread_id, content="x", metadata=freeze({"ui_type": "deadlock_detected"}))
    card = await room.bus.app.bus.messages.post_system(draft)
    with pytest.raises(InvalidRequest, match="not an admin confirmation prompt"):
        await room.decide("cancel", source_message_id=card.id)


async def test_m16_agents_decide_nothing(make_room: MakeRoom) -> None:
    room = await make_room()
    arguments = {"thread_id": room.thread_id, "action": "switch", "candidate_admin_id": room.admin.agent_id}
    for client in (room.admin, room.bus.guest()):
        with pytest.raises(Forbidden):
            await client.call("thread_admin_decide", **arguments)
    assert await room.said() == []
