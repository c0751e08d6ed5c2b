"""Waiting: every case in which a wait returns, and what it returns."""

from __future__ import annotations

import asyncio

import pytest

from agentchatbus.plugin_api import InvalidRequest, NotFound, OutOfSync, Unauthenticated
from agentchatbus.testing import MakeBus, ManualClock
from tests.kernel.support import MINUTE, blocked, wait


async def test_w1_unread_messages_return_at_once(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("one")
    await bus.post("two")
    outcome = await wait(agent, 0, MINUTE)
    assert [message.content for message in outcome.messages] == ["one", "two"]
    assert (outcome.sync.current_seq, outcome.reason) == (2, "messages")


async def test_w2_a_refused_post_makes_the_wait_return_at_once(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("one")
    with pytest.raises(OutOfSync):
        await agent.call(
            "msg_post",
            thread_id=bus.thread,
            author=agent.agent_id,
            content="late",
            expected_last_seq=0,
            reply_token=agent.sync.reply_token,
        )
    assert (await wait(agent, 1, MINUTE)).reason == "refresh"


async def test_w3_an_agent_without_a_token_that_is_behind_gets_a_context_at_once(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    elsewhere = await agent.call("thread_create", topic="Elsewhere", agent_id=agent.agent_id, token=agent.token)
    await bus.post("not for you", thread_id=elsewhere.thread.id)
    await bus.use_up(elsewhere.sync.reply_token)
    outcome = await agent.call(
        "msg_wait", thread_id=elsewhere.thread.id, after_seq=0, timeout_ms=MINUTE, for_agent=agent.agent_id
    )
    assert (list(outcome.messages), outcome.sync.current_seq) == ([], 1)


async def test_w4_an_agent_that_caught_up_blocks_even_without_a_token(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    agent = await bus.agent("Nova")
    await bus.use_up(agent.sync.reply_token)
    (task,) = await blocked(bus, wait(agent, 0, MINUTE))
    clock.advance(60)
    assert (await task).reason == "timeout"


async def test_w5_w6_a_fresh_token_never_causes_a_quick_return(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 0, MINUTE))
    clock.advance(59.9)
    assert not task.done()
    clock.advance(0.1)
    assert (await task).reason == "timeout"


async def test_w7_an_anonymous_wait_blocks_and_gets_an_unbound_token(make_bus: MakeBus) -> None:
    bus = await make_bus()
    guest = bus.guest()
    (task,) = await blocked(bus, guest.call("msg_wait", thread_id=bus.thread, after_seq=0, timeout_ms=MINUTE))
    assert bus.waits() == []
    await bus.post("hello")
    outcome = await task
    assert [message.content for message in outcome.messages] == ["hello"]
    assert len(outcome.sync.reply_token) == 32


async def test_w8_a_message_wakes_every_waiter(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agents = [await bus.agent(f"Agent {number}") for number in range(5)]
    tasks = await blocked(bus, *(wait(agent, 0, MINUTE) for agent in agents))
    await bus.post("hello")
    outcomes = await asyncio.gather(*tasks)
    assert [[message.content for message in outcome.messages] for outcome in outcomes] == [["hello"]] * 5


async def test_w9_messages_for_others_do_not_end_a_wait_for_ones_own(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 0, MINUTE, for_agent=agent.agent_id))
    await bus.post("for somebody else", metadata={"handoff_target": "other"})
    await bus.post("for you", metadata={"handoff_target": agent.agent_id})
    outcome = await task
    assert [message.content for message in outcome.messages] == ["for you"]
    assert outcome.sync.current_seq == 2


async def test_w10_a_wait_that_times_out_returns_a_context(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 0, 1_000))
    clock.advance(1)
    outcome = await task
    assert (list(outcome.messages), outcome.sync.current_seq, outcome.reason) == ([], 0, "timeout")


async def test_a_wait_that_brought_nothing_hands_the_same_token_back(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    first = (await wait(agent, 0)).sync
    assert first.reply_token == agent.sync.reply_token
    assert (await wait(agent, 0)).sync == first


async def test_a_wait_that_brought_messages_invalidates_older_tokens(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("one")
    assert (await wait(agent, 0)).sync.reply_token != agent.sync.reply_token


async def test_m3_the_current_seq_never_runs_ahead_of_what_was_delivered(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    for number in range(130):
        await bus.post(f"message {number}")
    first = await wait(agent, 0)
    assert (len(first.messages), first.sync.current_seq) == (100, 100)
    second = await wait(agent, first.sync.current_seq)
    assert [message.seq for message in second.messages] == list(range(101, 131))
    assert second.sync.current_seq == 130


async def test_m3_joining_a_long_thread_delivers_the_newest_messages_and_says_what_is_missing(
    make_bus: MakeBus,
) -> None:
    bus = await make_bus()
    for number in range(130):
        await bus.post(f"message {number}")
    connected = await bus.guest().call("bus_connect", thread_id=bus.thread, ide="Cursor", model="GPT")
    assert [message.seq for message in connected.messages] == list(range(31, 131))
    assert (connected.opened.sync.current_seq, connected.omitted_before) == (130, 31)


async def test_m30_a_timeout_of_zero_still_looks(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("there")
    for timeout_ms in (0, -5):
        assert [message.content for message in (await wait(agent, 0, timeout_ms)).messages] == ["there"]


async def test_what_everybody_is_told_of_a_wait_has_an_end(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="200 characters"):
        await wait(agent, 0, 0, waiting_for=["x" * 201])


async def test_m31_an_unknown_thread_is_a_clear_error(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(NotFound, match="Thread not found"):
        await bus.guest().call("msg_wait", thread_id="nope", after_seq=0, timeout_ms=MINUTE)


async def test_h07_m32_unregistering_ends_the_agents_waits(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 0, MINUTE))
    await agent.call("agent_unregister", agent_id=agent.agent_id, token=agent.token)
    with pytest.raises(Unauthenticated):
        await task
    assert bus.waits() == []


async def test_m28_a_cancelled_wait_leaves_nothing_behind(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 0, MINUTE))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bus.waits() == []
    assert (await wait(agent, 0)).sync.reply_token == agent.sync.reply_token


async def test_an_agent_that_posts_no_longer_counts_as_waiting_there(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 5, MINUTE))
    assert [state.agent_id for state in bus.waits()] == [agent.agent_id]
    await agent.post("I am busy after all")
    await task
    assert bus.waits() == []


async def test_a_cursor_in_the_future_still_hears_what_comes(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 1_000, MINUTE))
    await bus.post("hello")
    assert [message.content for message in (await task).messages] == ["hello"]


async def test_stopping_the_bus_answers_open_waits(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (task,) = await blocked(bus, wait(agent, 0, MINUTE))
    bus.app.bus.feed.close()
    assert (await task).reason == "shutdown"


async def test_m15_human_only_content_is_hidden_from_agents_and_shown_to_people(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("the password of the vault", metadata={"visibility": " Human_Only ", "ui_type": "card", "x": 1})
    (message,) = (await wait(agent, 0)).messages
    assert message.content == "[human-only content hidden]"
    assert dict(message.metadata) == {
        "visibility": " Human_Only ",
        "ui_type": "card",
        "content_hidden": True,
        "content_hidden_reason": "human_only",
    }
    assert (await bus.messages())[0].content == "the password of the vault"
