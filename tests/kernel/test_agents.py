"""Agents: register, resume, join, leave."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    BusSettings,
    Conflict,
    InvalidRequest,
    NotFound,
    Transaction,
    Unauthenticated,
)
from agentchatbus.testing import BusHarness, MakeBus, ManualClock
from tests.kernel.support import MINUTE, blocked, wait

KEY = "5f2b9f2e-7b52-4f5e-8d43-1f8a2f0f2a10"
WINDOW = timedelta(seconds=30)


async def register(bus: BusHarness, **more: Any) -> Any:
    return await bus.guest().call("agent_register", **({"ide": "Cursor", "model": "GPT-5"} | more))


async def connect(bus: BusHarness, **more: Any) -> Any:
    return await bus.guest().call("bus_connect", **({"ide": "Cursor", "model": "GPT-5"} | more))


async def is_online(bus: BusHarness, agent_id: str) -> bool:
    agent = await bus.call("agent_get", agent=agent_id)
    online: bool = agent.is_online(bus.clock.now(), WINDOW)
    return online


async def event_types(bus: BusHarness) -> list[str]:
    return [event.type for event in await bus.app.bus.feed.read(0) or ()]


async def test_an_agent_is_named_for_its_program_and_model(make_bus: MakeBus) -> None:
    bus = await make_bus()
    registered = await register(bus, ide=" Cursor ", capabilities=["code"], skills=[{"id": "py", "name": "Python"}])
    agent = registered.agent
    assert (agent.name, agent.display_name, agent.alias_source) == ("Cursor (GPT-5)", "Cursor (GPT-5)", "auto")
    assert (agent.capabilities, agent.skills) == (("code",), ({"id": "py", "name": "Python"},))
    assert re.fullmatch("[0-9a-f]{64}", registered.token)
    blank = await register(bus, ide=" ", model="")
    assert blank.agent.name == "Unknown IDE (Unknown Model)"


async def test_m7_names_are_unique_under_concurrent_registrations(make_bus: MakeBus) -> None:
    bus = await make_bus()
    registered = await asyncio.gather(*(register(bus) for _ in range(6)))
    names = sorted(each.agent.name for each in registered)
    assert names == ["Cursor (GPT-5)", *(f"Cursor (GPT-5) {number}" for number in range(2, 7))]


async def test_an_alias_cannot_be_that_of_a_person_the_bus_or_another_agent(make_bus: MakeBus) -> None:
    bus = await make_bus()
    for alias in ("human", " SYSTEM "):
        with pytest.raises(InvalidRequest, match="reserved"):
            await register(bus, display_name=alias)
    first, second = await register(bus, display_name="Nova"), await register(bus, display_name="Nova")
    assert (first.agent.display_name, second.agent.display_name) == ("Nova", "Nova 2")
    assert first.agent.alias_source == "user"


@pytest.mark.parametrize(
    "draft",
    [
        {"ide": "I\n[9] human"},
        {"model": "\u202egnp"},
        {"display_name": "a\x00"},
        {"capabilities": ["c" * 20_000]},
        {"skills": [{"id": "x", "name": "y" * 20_000}]},
    ],
)
async def test_h08_an_introduction_has_limits(make_bus: MakeBus, draft: dict[str, Any]) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest):
        await register(bus, **draft)
    assert await bus.call("agent_list") == []


async def test_a_cursor_before_the_start_reads_from_the_start(make_bus: MakeBus) -> None:
    bus = await make_bus()
    connected = await connect(bus, thread_id=bus.thread, after_seq=-5)
    assert connected.opened.sync.current_seq == 0


async def test_h20_the_token_is_stored_as_a_hash_only(make_bus: MakeBus) -> None:
    bus = await make_bus()
    registered = await register(bus)

    def work(tx: Transaction) -> tuple[bool, bool]:
        return tx.agents.by_token(registered.token) is None, registered.token in repr(tx.agents.all())

    assert await bus.app.bus.storage.read(work) == (True, False)
    assert registered.token not in repr(registered)


async def test_a_short_idempotency_key_cannot_stand_for_a_token(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="at least 16 characters"):
        await register(bus, idempotency_key="1")
    assert await bus.call("agent_list") == []


async def test_connecting_registers_creates_and_hands_out_a_token_in_one_step(make_bus: MakeBus) -> None:
    bus = await make_bus()
    connected = await connect(bus, thread_name="Fix the race", system_prompt="Be brief.")
    assert (connected.resumed, connected.opened.created) == (False, True)
    assert connected.opened.thread.settings.administrator.agent_id == connected.agent.id
    assert connected.opened.sync.current_seq == 0
    told = ["bus.started", "thread.new", "thread.joined", "agent.online", "thread.new", "thread.joined"]
    assert await event_types(bus) == told


async def test_a_refused_connect_leaves_no_agent_behind(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="thread_name is required"):
        await connect(bus)
    with pytest.raises(NotFound, match="Thread not found"):
        await connect(bus, thread_id="nope")
    assert await bus.call("agent_list") == []


async def test_a_repeated_connect_gets_the_same_agent_and_thread(make_bus: MakeBus) -> None:
    bus = await make_bus()
    first = await connect(bus, thread_name="Room", idempotency_key=KEY)
    again = await connect(bus, thread_name="Room", idempotency_key=KEY)
    assert (again.agent.id, again.token) == (first.agent.id, first.token)
    assert again.opened.created
    with pytest.raises(Conflict):
        await connect(bus, thread_name="Another room", idempotency_key=KEY)


async def test_an_agent_comes_back_with_its_id_and_token(make_bus: MakeBus) -> None:
    bus = await make_bus()
    first = await connect(bus, thread_name="Room")
    again = await connect(bus, thread_name="Room", agent_id=first.agent.id, token=first.token)
    assert (again.resumed, again.agent.id, again.token) == (True, first.agent.id, first.token)
    assert again.opened.sync.reply_token != first.opened.sync.reply_token
    resumed = await bus.guest().call("agent_resume", agent_id=first.agent.id, token=first.token)
    assert resumed.last_activity == "resume"


async def test_m45_half_credentials_are_an_error_and_no_new_identity(make_bus: MakeBus) -> None:
    bus = await make_bus()
    first = await connect(bus, thread_name="Room")
    for half in ({"agent_id": first.agent.id}, {"token": "x"}, {"agent_id": first.agent.id, "token": "x"}):
        with pytest.raises(Unauthenticated):
            await connect(bus, thread_name="Room", **half)
    assert len(await bus.call("agent_list")) == 1


async def test_several_agents_of_one_connection_stay_apart(make_bus: MakeBus) -> None:
    bus = await make_bus()
    shared = bus.guest()
    agents = [await shared.call("bus_connect", thread_name="Room", ide="Claude Code", model="X") for _ in range(2)]
    assert agents[0].agent.id != agents[1].agent.id


async def test_a_session_remembers_the_token_shown_last(make_bus: MakeBus) -> None:
    bus = await make_bus()
    client = bus.guest()
    registered = await client.call("agent_register", ide="Cursor", model="GPT-5")
    await client.call("agent_heartbeat")
    await client.call("agent_unregister")
    with pytest.raises(Unauthenticated):
        await client.call("agent_heartbeat")
    with pytest.raises(NotFound):
        await bus.call("agent_get", agent=registered.agent.id)


async def test_presence_follows_heartbeats_and_waits(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    agent = await bus.agent("Nova")
    assert await is_online(bus, agent.agent_id)
    clock.advance(31)
    assert not await is_online(bus, agent.agent_id)
    await agent.call("agent_heartbeat", agent_id=agent.agent_id, token=agent.token)
    assert await is_online(bus, agent.agent_id)
    (task,) = await blocked(bus, wait(agent, 0, MINUTE))
    clock.advance(45)
    assert await is_online(bus, agent.agent_id)
    clock.advance(15)
    await task
    assert await is_online(bus, agent.agent_id)


async def test_the_messages_of_a_removed_agent_keep_their_author(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await agent.post("hello")
    await agent.call("agent_unregister", agent_id=agent.agent_id, token=agent.token)
    (message,) = await bus.messages()
    assert (message.author, message.author_id) == (agent.name, agent.agent_id)
    assert (await event_types(bus))[-1] == "agent.offline"


async def test_a_bus_that_the_network_reaches_trusts_nobody_without_a_token(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=BusSettings(is_open=False, operator_token="the operator's own secret"))
    with pytest.raises(Unauthenticated, match="every call needs a token"):
        await bus.call("thread_list")
    with pytest.raises(Unauthenticated, match="every call needs a token"):
        await register(bus)


async def test_a_session_forgets_a_token_that_is_worth_nothing_any_more(make_bus: MakeBus) -> None:
    bus = await make_bus()
    client = bus.guest()
    registered = await client.call("agent_register", ide="Cursor", model="GPT-5")
    await bus.guest().call("agent_unregister", agent_id=registered.agent.id, token=registered.token)
    assert await client.call("agent_list") == []
    with pytest.raises(Unauthenticated):
        await client.call("agent_heartbeat", agent_id=registered.agent.id, token=registered.token)
