"""What needs a person, and what agents were refused."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Action,
    Forbidden,
    MessageDraft,
    Plugin,
    PluginSettings,
    Priority,
    RateLimited,
    Rejected,
    freeze,
    hookimpl,
)
from agentchatbus.testing import BusHarness, MakeBus, ManualClock
from tests.kernel.support import MINUTE, blocked, wait

FORBIDDEN_WORD = "swordfish"


class Picky(Plugin[PluginSettings]):
    """Refuses a word, and everything said in a hurry."""

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        if FORBIDDEN_WORD in draft.content:
            raise Rejected(f"{draft.content} cannot be said.", pattern="fish")

    @hookimpl
    async def check_action(self, action: Action) -> None:
        if "hurry" in str(action.arguments.get("content")):
            raise RateLimited("Slowly.", retry_after=1)


async def picky(make_bus: MakeBus, **more: Any) -> BusHarness:
    return await make_bus(plugins=[Picky(PluginSettings())], **more)


async def needs(bus: BusHarness) -> dict[str, Any]:
    found: dict[str, Any] = await bus.call("needs_list")
    return found


async def asked(bus: BusHarness) -> list[tuple[str, str]]:
    return [(item["kind"], item["message"]["content"]) for item in (await needs(bus))["messages"]]


async def card(bus: BusHarness, text: str, **metadata: Any) -> str:
    hidden = {"visibility": "human_only", **metadata}
    draft = MessageDraft(thread_id=bus.thread, content=text, priority=Priority.SYSTEM, metadata=freeze(hidden))
    return (await bus.app.bus.messages.post_system(draft)).id


async def test_nothing_needs_anybody_on_a_new_bus(make_bus: MakeBus) -> None:
    found = await needs(await make_bus())
    assert found.pop("is_complete")
    assert not any(found.values())


async def test_a_mention_needs_somebody_until_it_is_read(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova")
    await nova.post("nothing to see")
    await nova.post("@Human, may I?")
    await nova.post("and you", mentions=["human"])
    await nova.post("your turn", metadata={"handoff_target": "human"})
    await nova.post("not@human.example, @humanity")
    assert sorted(await asked(bus)) == [("mention", "@Human, may I?"), ("mention", "and you"), ("mention", "your turn")]
    await bus.call("thread_mark_read", thread_id=bus.thread, seq=5)
    assert await asked(bus) == []


async def test_a_card_needs_somebody_until_it_is_decided_however_long_ago_it_was(make_bus: MakeBus) -> None:
    bus = await make_bus()
    message_id = await card(bus, "Should it go on?", ui_type="x", ui_buttons=[{"action": "yes"}])
    nova = await bus.agent("Nova")
    for number in range(120):
        await nova.post(str(number))
    await bus.call("thread_mark_read", thread_id=bus.thread, seq=121)
    assert await asked(bus) == [("card", "Should it go on?")]
    await bus.app.bus.editing.annotate(message_id, {"decision_status": "resolved"})
    assert await asked(bus) == []


async def test_a_notice_is_for_people_and_until_it_is_read(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await card(bus, "All wait.", ui_type="admin_coordination_timeout_notice")
    await card(bus, "Decided.", ui_type="admin_switch_decision_result")
    assert await asked(bus) == [("notice", "All wait.")]


async def test_an_agent_cannot_make_a_card(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await (await bus.agent("Nova")).post("Click!", metadata={"ui_type": "x_notice", "ui_buttons": [{"action": "a"}]})
    assert await asked(bus) == []


async def test_what_was_asked_in_a_closed_thread_needs_nobody(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await (await bus.agent("Nova")).post("@human?")
    assert len(await asked(bus)) == 1
    await bus.call("thread_close", thread_id=bus.thread)
    assert await asked(bus) == []


async def test_agents_that_wait_for_each_other_or_for_nobody_are_found(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    gone = await bus.agent("Gone")
    clock.advance(3600)
    nova, orion, iris = [await bus.agent(name) for name in ("Nova", "Orion", "Iris")]
    waits = await blocked(
        bus,
        wait(nova, 0, MINUTE, waiting_for=[orion.agent_id]),
        wait(orion, 0, MINUTE, waiting_for=[nova.agent_id]),
        wait(iris, 0, MINUTE, waiting_for=[gone.agent_id]),
    )
    found = await needs(bus)
    (circle,) = found["deadlocks"]
    assert {(edge["agent_id"], *edge["waiting_for"]) for edge in circle} == {
        (nova.agent_id, orion.agent_id),
        (orion.agent_id, nova.agent_id),
    }
    assert [(item["agent_id"], item["offline"]) for item in found["blocked"]] == [(iris.agent_id, [gone.agent_id])]
    assert [(item["agent_id"], item["thread_ids"]) for item in found["lost"]] == [(gone.agent_id, [bus.thread])]
    bus.stop_feed()
    for task in waits:
        await task


async def test_an_agent_that_was_sent_away_or_is_long_gone_is_not_missed(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    await bus.agent("Old")
    clock.advance(11 * 3600)
    sent = await bus.agent("Sent")
    await bus.call("agent_kick", agent=sent.agent_id)
    assert len((await needs(bus))["lost"]) == 1
    clock.advance(2 * 3600)
    assert (await needs(bus))["lost"] == []


async def test_only_people_are_told(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova")
    with pytest.raises(Forbidden):
        await nova.call("needs_list")


async def test_a_refusal_is_told_without_its_text_and_stored_nowhere(make_bus: MakeBus) -> None:
    bus = await picky(make_bus)
    nova = await bus.agent("Nova")
    feed = bus.app.bus.feed
    before = feed.newest
    with pytest.raises(Rejected):
        await nova.post(FORBIDDEN_WORD)
    (event,) = feed.notices(0)
    (refused,) = (await needs(bus))["refused"]
    assert event.payload == refused
    assert (refused["agent_id"], refused["reason"], refused["pattern"]) == (nova.agent_id, "rejected", "fish")
    assert FORBIDDEN_WORD not in str(event)
    assert feed.newest == before


async def test_a_refusal_by_a_gate_and_of_an_edit_are_told_too(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await picky(make_bus, clock=clock)
    nova = await bus.agent("Nova")
    with pytest.raises(RateLimited):
        await nova.post("in a hurry")
    assert [item["reason"] for item in (await needs(bus))["refused"]] == ["rate_limited"]
    posted = await nova.post("fine")
    with pytest.raises(Rejected):
        await nova.call("msg_edit", message_id=posted.message.id, new_content=FORBIDDEN_WORD)
    assert [item["reason"] for item in (await needs(bus))["refused"]] == ["rejected"]


async def test_a_refusal_is_settled_by_the_next_message_that_gets_through(make_bus: MakeBus) -> None:
    bus = await picky(make_bus)
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    for agent in (nova, orion):
        with pytest.raises(Rejected):
            await agent.post(FORBIDDEN_WORD)
    await nova.post("better")
    assert [item["agent_id"] for item in (await needs(bus))["refused"]] == [orion.agent_id]


async def test_an_agent_that_tries_again_and_again_is_told_of_now_and_then(
    make_bus: MakeBus, clock: ManualClock
) -> None:
    bus = await picky(make_bus, clock=clock)
    nova = await bus.agent("Nova")
    for _ in range(20):
        clock.advance(1)
        with pytest.raises(Rejected):
            await nova.post(FORBIDDEN_WORD)
    assert len(bus.app.bus.feed.notices(0)) == 2


async def test_people_see_why_they_are_refused_themselves(make_bus: MakeBus) -> None:
    bus = await picky(make_bus)
    with pytest.raises(Rejected):
        await bus.post(FORBIDDEN_WORD)
    assert (await needs(bus))["refused"] == []
