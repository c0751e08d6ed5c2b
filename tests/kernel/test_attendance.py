"""Who is here: online, working, silent, sent away, typing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    AgentState,
    BusSettings,
    Credentials,
    Forbidden,
    NotFound,
    TokenInvalid,
    TokenReplayed,
    Unauthenticated,
)
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus
from tests.kernel.support import MINUTE, blocked

SETTINGS = BusSettings(heartbeat_timeout_seconds=30, working_timeout_seconds=900)


async def told(bus: BusHarness, *kinds: str) -> list[tuple[str, Any]]:
    """Return the events of these types, once everything that is on its way is stored."""
    await bus.app.bus.announcer.finish()
    return [(event.type, event.payload) for event in await bus.app.bus.feed.read(0, 1000) or () if event.type in kinds]


async def pass_time(bus: BusHarness, seconds: float) -> None:
    """Let time pass step by step, as it does, until the watch has looked after everything."""
    for _ in range(int(seconds // 10)):
        await bus.clock.until_waiting(background=True)
        bus.clock.advance(10)
        for _ in range(20):
            await asyncio.sleep(0)


async def state(bus: BusHarness, agent: AgentHandle) -> AgentState:
    row = await bus.call("agent_get", agent=agent.agent_id)
    found: AgentState = row.state(bus.clock.now(), SETTINGS.heartbeat_window, SETTINGS.working_window)
    return found


async def test_an_agent_that_falls_silent_goes_offline_by_itself(make_bus: MakeBus) -> None:
    """H43: nothing told that a heartbeat lapsed."""
    bus = await make_bus(settings=SETTINGS)
    registered = await bus.guest().call("agent_register", ide="Test", model="Quiet")
    await pass_time(bus, 60)
    assert [payload["reason"] for _, payload in await told(bus, "agent.offline")] == ["lapsed"]
    assert (await told(bus, "agent.offline"))[0][1]["agent_id"] == registered.agent.id


async def test_heartbeats_keep_an_agent_online(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=SETTINGS)
    client = bus.guest()
    await client.call("agent_register", ide="Test", model="Steady")
    for _ in range(8):
        await pass_time(bus, 20)
        await client.call("agent_heartbeat")
    assert await told(bus, "agent.offline") == []


async def test_an_agent_that_thinks_is_working_not_dead(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=SETTINGS)
    agent = await bus.agent("Thinker")
    await agent.post("Let me think")
    await pass_time(bus, 600)
    assert (await state(bus, agent), await told(bus, "agent.offline")) == (AgentState.WORKING, [])
    await pass_time(bus, 400)
    assert await state(bus, agent) is AgentState.OFFLINE
    assert len(await told(bus, "agent.offline")) == 1


async def test_an_agent_that_waits_is_never_silent(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=SETTINGS)
    agent = await bus.agent("Listener")
    (waiting,) = await blocked(bus, agent.wait(60 * MINUTE))
    await pass_time(bus, 1200)
    assert (await state(bus, agent), await told(bus, "agent.offline")) == (AgentState.WAITING, [])
    waiting.cancel()


async def test_an_agent_that_comes_back_is_announced(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=SETTINGS)
    client = bus.guest()
    await client.call("agent_register", ide="Test", model="Comet")
    await pass_time(bus, 60)
    await client.call("agent_heartbeat")
    kinds = [kind for kind, _ in await told(bus, "agent.online", "agent.offline")]
    assert kinds == ["agent.online", "agent.offline", "agent.online"]


async def test_a_wait_whose_client_goes_leaves_no_state(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    (waiting,) = await blocked(bus, agent.wait(MINUTE))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert bus.waits() == []
    assert [payload["reason"] for _, payload in await told(bus, "wait.ended")] == ["gone"]


async def test_an_agent_that_posts_while_it_waits_is_shown_as_waiting_no_more(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    (waiting,) = await blocked(bus, nova.wait(MINUTE, for_agent=orion.agent_id))
    await nova.post("By the way")
    assert bus.waits() == []
    assert [payload["reason"] for _, payload in await told(bus, "wait.ended")] == ["posted"]
    waiting.cancel()


async def test_a_kicked_agent_is_gone_and_its_tokens_are_worth_nothing(make_bus: MakeBus) -> None:
    """H01: kicking broke every list of agents for ever, and needed no right."""
    bus = await make_bus()
    agent, other = await bus.agent("Nova"), await bus.agent("Orion")
    (waiting,) = await blocked(bus, agent.wait(MINUTE))
    with pytest.raises(Forbidden):
        await other.call("agent_kick", agent=agent.agent_id)
    kicked = await bus.call("agent_kick", agent=agent.agent_id)
    assert (kicked.agent.id, list(kicked.threads_interrupted)) == (agent.agent_id, [bus.thread])
    with pytest.raises(Unauthenticated):
        await waiting
    with pytest.raises(Unauthenticated):
        await bus.guest().call("agent_resume", agent_id=agent.agent_id, token=agent.token)
    with pytest.raises(Unauthenticated):
        await agent.post("I am still here", author=agent.agent_id)
    with pytest.raises(NotFound):
        await bus.call("agent_kick", agent="nobody")
    assert len(await bus.call("agent_list")) == 2
    assert await state(bus, agent) is AgentState.OFFLINE
    assert [kind for kind, _ in await told(bus, "agent.kicked", "agent.offline")] == ["agent.kicked", "agent.offline"]


async def test_a_kicked_agent_is_unknown_before_anybody_hears_of_it(make_bus: MakeBus) -> None:
    """A stream that is woken by the very commit must not serve the agent once more."""
    bus = await make_bus()
    agent = await bus.agent("Nova")
    proof = Credentials(token=agent.token)
    assert (await bus.app.bus.identify(proof)).agent_id == agent.agent_id

    async def next_after_kick() -> None:
        cursor = bus.app.bus.feed.newest
        while not any(event.type == "agent.kicked" for event in await bus.app.bus.feed.read(cursor) or ()):
            await bus.app.bus.feed.wait(cursor)
        with pytest.raises(Unauthenticated):
            await bus.app.bus.identify(proof)

    listening = asyncio.create_task(next_after_kick())
    await asyncio.sleep(0)
    await bus.call("agent_kick", agent=agent.agent_id)
    await listening


async def test_a_used_reply_token_of_a_kicked_agent_does_not_speak_for_it(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    sync = agent.sync
    await agent.post("hello")
    await bus.call("agent_kick", agent=agent.agent_id)
    guest = bus.guest()
    with pytest.raises((Unauthenticated, TokenReplayed)):
        await guest.call(
            "msg_post",
            thread_id=bus.thread,
            author=agent.agent_id,
            content="hello",
            expected_last_seq=sync.current_seq,
            reply_token=sync.reply_token,
        )
    assert len(await bus.messages()) == 1


async def test_a_repeated_registration_of_a_kicked_agent_brings_no_dead_token(make_bus: MakeBus) -> None:
    bus = await make_bus()
    guest, key = bus.guest(), "a-key-that-is-long-enough"
    registered = await guest.call("agent_register", ide="Test", model="Nova", idempotency_key=key)
    joined = await guest.call("bus_connect", thread_id=bus.thread, ide="Test", model="Orion", idempotency_key=key * 2)
    for agent in (registered.agent, joined.agent):
        await bus.call("agent_kick", agent=agent.id)
    with pytest.raises(Unauthenticated):
        await guest.call("agent_register", ide="Test", model="Nova", idempotency_key=key)
    with pytest.raises(Unauthenticated):
        await guest.call("bus_connect", thread_id=bus.thread, ide="Test", model="Orion", idempotency_key=key * 2)


async def test_a_reply_token_of_a_kicked_agent_does_not_speak_for_it(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    sync = agent.sync
    await bus.call("agent_kick", agent=agent.agent_id)
    with pytest.raises((Unauthenticated, TokenInvalid, TokenReplayed)):
        await bus.guest().call(
            "msg_post",
            thread_id=bus.thread,
            author=agent.agent_id,
            content="Ghost",
            expected_last_seq=sync.current_seq,
            reply_token=sync.reply_token,
        )
    assert await bus.messages() == []


async def test_typing_is_told_with_its_thread_and_ends_by_itself(make_bus: MakeBus) -> None:
    """H43: typing carried no thread and no end."""
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await agent.call("agent_set_typing", thread_id=bus.thread, is_typing=True)
    await pass_time(bus, 20)
    typing = [payload for _, payload in await told(bus, "agent.typing")]
    assert [(payload["agent_id"], payload["thread_id"], payload["is_typing"]) for payload in typing] == [
        (agent.agent_id, bus.thread, True),
        (agent.agent_id, bus.thread, False),
    ]


async def test_a_person_who_types_has_a_name(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.call("agent_set_typing", thread_id=bus.thread, is_typing=True)
    await bus.post("Typed")
    typing = [payload for _, payload in await told(bus, "agent.typing")]
    assert [(item["agent_id"], item["name"], item["is_typing"]) for item in typing] == [
        ("human", "human", True),
        ("human", "human", False),
    ]


async def test_a_post_ends_typing(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await agent.call("agent_set_typing", thread_id=bus.thread, is_typing=True)
    await agent.post("Typed")
    assert [payload["is_typing"] for _, payload in await told(bus, "agent.typing")] == [True, False]
    with pytest.raises(NotFound):
        await agent.call("agent_set_typing", thread_id="nope", is_typing=True)
    with pytest.raises(Unauthenticated):
        await bus.guest().call("agent_set_typing", thread_id=bus.thread, is_typing=True)


async def test_an_agent_changes_what_is_said_of_it(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    changed = await agent.call(
        "agent_update", description="I review", capabilities=["review"], display_name="Star", emoji="🛰️"
    )
    assert (changed.description, changed.capabilities, changed.display_name) == ("I review", ("review",), "Star")
    assert (changed.alias_source, changed.emoji, changed.last_activity) == ("user", "🛰️", "update")
    back = await agent.call("agent_update", display_name=" ", emoji="no emoji")
    assert (back.display_name, back.alias_source) == (agent.name, "auto")
    assert (back.emoji, back.description) == (None, "I review")
    assert [payload["agent"]["display_name"] for _, payload in await told(bus, "agent.updated")] == ["Star", agent.name]
    with pytest.raises(Unauthenticated):
        await bus.guest().call("agent_update", description="Hers")
