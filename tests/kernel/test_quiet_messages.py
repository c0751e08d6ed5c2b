"""Messages of the bus itself that wake only those whom they concern."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.plugin_api import Conflict, Message, MessageDraft, freeze
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus, ManualClock
from tests.kernel.support import MINUTE, blocked, wait


async def say(bus: BusHarness, text: str, *wakes: AgentHandle, **metadata: Any) -> Message:
    """Let the bus itself say something that wakes only some agents."""
    metadata["wakes"] = [agent.agent_id for agent in wakes]
    draft = MessageDraft(thread_id=bus.thread, content=text, metadata=freeze(metadata))
    return await bus.app.bus.messages.post_system(draft)


def contents(outcome: Any) -> list[str]:
    return [message.content for message in outcome.messages]


async def test_m38_a_message_of_the_bus_wakes_only_its_addressee(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    called, left = await blocked(bus, wait(nova, 0, MINUTE), wait(orion, 0, MINUTE))
    await say(bus, "for Nova", nova)
    assert contents(await called) == ["for Nova"]
    assert not left.done()
    await bus.post("for all")
    outcome = await left
    assert (contents(outcome), outcome.sync.current_seq) == (["for Nova", "for all"], 2)


async def test_a_wait_that_begins_after_it_still_blocks_and_brings_it_with_the_next_message(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await say(bus, "for Nova", nova)
    (left,) = await blocked(bus, wait(orion, 0, MINUTE))
    await bus.post("for all")
    assert contents(await left) == ["for Nova", "for all"]


async def test_a_wait_that_times_out_brings_it_and_the_next_post_is_in_sync(
    make_bus: MakeBus, clock: ManualClock
) -> None:
    bus = await make_bus(clock=clock)
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    (left,) = await blocked(bus, orion.wait(MINUTE))
    await say(bus, "for Nova", nova)
    clock.advance(60)
    outcome = await left
    assert (contents(outcome), outcome.sync.current_seq, outcome.reason) == (["for Nova"], 1, "timeout")
    assert (await orion.post("I heard it too")).message.seq == 2


async def test_looking_without_waiting_brings_it(make_bus: MakeBus) -> None:
    bus = await make_bus()
    orion = await bus.agent("Orion")
    await say(bus, "for nobody")
    outcome = await orion.wait(0)
    assert (contents(outcome), outcome.sync.current_seq, outcome.reason) == (["for nobody"], 1, "timeout")


async def test_a_full_batch_is_delivered_whomever_it_concerns(make_bus: MakeBus) -> None:
    bus = await make_bus()
    orion = await bus.agent("Orion")
    for number in range(100):
        await say(bus, f"notice {number}")
    outcome = await orion.wait(MINUTE)
    assert (len(outcome.messages), outcome.sync.current_seq, outcome.reason) == (100, 100, "messages")


async def test_people_are_woken_by_everything(make_bus: MakeBus) -> None:
    bus = await make_bus()
    (waiting,) = await blocked(bus, bus.call("msg_wait", thread_id=bus.thread, after_seq=0, timeout_ms=MINUTE))
    await say(bus, "a card", visibility="human_only")
    assert contents(await waiting) == ["a card"]


async def test_only_the_bus_itself_can_speak_quietly(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    (waiting,) = await blocked(bus, orion.wait(MINUTE))
    await nova.post("hush", metadata={"wakes": []})
    assert contents(await waiting) == ["hush"]


async def test_a_message_of_the_bus_without_addressees_wakes_everybody(make_bus: MakeBus) -> None:
    bus = await make_bus()
    orion = await bus.agent("Orion")
    (waiting,) = await blocked(bus, orion.wait(MINUTE))
    await bus.app.bus.messages.post_system(MessageDraft(thread_id=bus.thread, content="hear, hear"))
    assert contents(await waiting) == ["hear, hear"]


async def test_a_quiet_message_at_a_time_out_does_not_count_as_work(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    orion = await bus.agent("Orion")
    await say(bus, "for nobody")
    await orion.wait(0)
    agent = await bus.app.bus.agents.get(orion.agent_id)
    assert agent.last_activity == "msg_wait"


async def test_a_condition_is_asked_in_the_unit_of_work_that_stores_the_message(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.post("one")
    draft = MessageDraft(thread_id=bus.thread, content="only after the first")
    post_system = bus.app.bus.messages.post_system
    assert (await post_system(draft, only_if=lambda thread: thread.last_seq == 1)).seq == 2
    with pytest.raises(Conflict):
        await post_system(draft, only_if=lambda thread: thread.last_seq == 1)
    assert len(await bus.messages()) == 2
