"""Who may do how often what, and what a refusal says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import MessageDraft, Plugin, PluginSettings, RateLimited, Rejected, SyncError, hookimpl
from agentchatbus.testing import AgentHandle, BusHarness, ClientHandle, MakeBus, ManualClock
from agentchatbus.testing import make_bus as make_a_bus
from agentchatbus_limits import LimitsPlugin, LimitsSettings
from agentchatbus_sql import SqlitePlugin, SqliteSettings


def limits(**settings: Any) -> LimitsPlugin:
    return LimitsPlugin(LimitsSettings.model_validate(settings))


def clock_of(bus: BusHarness) -> ManualClock:
    assert isinstance(bus.clock, ManualClock)
    return bus.clock


def at(bus: BusHarness, address: str) -> ClientHandle:
    """Return a guest that calls from an address."""
    guest = bus.guest()
    guest.session.credentials = replace(guest.session.credentials, address=address)
    return guest


async def post_as_guest(guest: ClientHandle, bus: BusHarness, author: str, content: str = "hello") -> None:
    sync = await guest.call("sync_context", thread_id=bus.thread)
    await guest.call(
        "msg_post",
        thread_id=bus.thread,
        author=author,
        content=content,
        expected_last_seq=sync.current_seq,
        reply_token=sync.reply_token,
    )


async def refusal_of(agent: AgentHandle, content: str = "one too many") -> RateLimited:
    with pytest.raises(RateLimited) as refused:
        await agent.post(content)
    return refused.value


async def test_an_agent_posts_so_many_messages_and_no_more(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="3/minute")])
    agent = await bus.agent("A")
    for number in range(3):
        await agent.post(str(number))
    error = await refusal_of(agent)
    assert (error.message, error.details) == ("Rate limit exceeded", {"retry_after": 60, "limit": 3, "window": 60})
    assert [message.content for message in await bus.messages()] == ["0", "1", "2"]


async def test_the_window_moves_and_retry_after_is_true(make_bus: MakeBus) -> None:
    """M20: the reference always said 60."""
    bus = await make_bus(plugins=[limits(messages="2/minute")])
    agent = await bus.agent("A")
    await agent.post("at 0")
    await bus.drain()
    clock_of(bus).advance(20.5)
    await agent.post("at 20.5")
    await bus.drain()
    clock_of(bus).advance(9)
    error = await refusal_of(agent)
    assert error.retry_after == 31
    clock_of(bus).advance(error.retry_after - 1)
    assert (await refusal_of(agent)).retry_after == 1
    clock_of(bus).advance(1)
    await agent.post("at 60.5")
    await bus.drain()
    assert (await refusal_of(agent)).retry_after == 20


async def test_the_limit_of_the_contract_holds_by_default(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits()])
    agent = await bus.agent("A")
    for number in range(30):
        await agent.post(str(number))
    assert (await refusal_of(agent)).details["limit"] == 30


async def test_only_stored_messages_count(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[NoSecrets(), limits(messages="2/minute")])
    agent, rival = await bus.agent("A"), await bus.agent("B")
    await rival.post("first")
    await bus.drain()
    for _ in range(5):
        with pytest.raises(SyncError):
            await agent.post("too late")
    await agent.wait()
    for _ in range(5):
        with pytest.raises(Rejected):
            await agent.post("a secret")
    await agent.post("one")
    await agent.post("two")
    await refusal_of(agent)


async def test_messages_of_the_bus_itself_do_not_count(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="1/minute", human={"messages": "1/minute"})])
    for _ in range(3):
        await bus.app.bus.messages.post_system(MessageDraft(thread_id=bus.thread, content="a notice"))
    await bus.drain()
    await bus.post("one")


async def test_a_refused_post_does_not_prolong_the_wait(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="1/minute")])
    agent = await bus.agent("A")
    await agent.post("one")
    await bus.drain()
    for _ in range(6):
        clock_of(bus).advance(9)
        await refusal_of(agent)
    clock_of(bus).advance(6)
    await agent.post("two")


async def test_a_burst_at_one_moment_stores_no_more_than_the_limit(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="3/minute", human={"messages": "4/minute"})])
    agent = await bus.agent("A")
    threads = [await agent.call("thread_create", topic=f"Topic {number}", **proof(agent)) for number in range(10)]
    mine = [
        agent.post(
            "now",
            thread_id=opened.thread.id,
            expected_last_seq=0,
            reply_token=opened.sync.reply_token,
        )
        for opened in threads
    ]
    theirs = [bus.post("now") for _ in range(10)]
    outcomes = await asyncio.gather(*mine, *theirs, return_exceptions=True)
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes[:10]) == 7
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes[10:]) == 6
    assert len([outcome for outcome in outcomes if not isinstance(outcome, Exception)]) == 7


def proof(agent: AgentHandle) -> dict[str, str]:
    return {"agent_id": agent.agent_id, "token": agent.token}


async def test_another_name_does_not_help(make_bus: MakeBus) -> None:
    """H27: the reference counted by the author that a client chose."""
    bus = await make_bus(plugins=[limits(messages="2/minute")])
    guest = at(bus, "127.0.0.1")
    await post_as_guest(guest, bus, "one")
    await post_as_guest(guest, bus, "two")
    for client in (guest, at(bus, "127.0.0.1")):
        with pytest.raises(RateLimited):
            await post_as_guest(client, bus, "three")
    await post_as_guest(at(bus, "127.0.0.2"), bus, "three")


async def test_what_others_post_at_the_same_moment_does_not_count(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[NoSecrets(), limits(messages="2/minute")])
    guest = at(bus, "127.0.0.1")
    for _ in range(5):
        with pytest.raises(Rejected):
            await post_as_guest(guest, bus, "Ann", "a secret")
        await bus.post("by a person")
    await post_as_guest(guest, bus, "Ann")
    await post_as_guest(guest, bus, "Ann")
    with pytest.raises(RateLimited):
        await post_as_guest(guest, bus, "Ann")


async def test_agents_of_one_address_do_not_count_for_each_other(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="1/minute")])
    first, second = await bus.agent("A"), await bus.agent("B")
    await first.post("one")
    await second.wait()
    await second.post("two")
    await refusal_of(first)
    await refusal_of(second)


async def test_people_are_not_kept_from_speaking_by_default(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="1/minute", edits="1/minute", writes="1/minute", reads="1/minute")])
    agent = await bus.agent("A")
    await agent.post("one")
    await refusal_of(agent)
    for number in range(5):
        await bus.post(str(number))
        await bus.call("thread_list")
        await bus.call("sync_context", thread_id=bus.thread)


async def test_people_are_limited_where_the_configuration_says_so(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(human={"messages": "2/minute"})])
    await bus.post("one", author="human")
    await bus.post("two", author="Ann")
    with pytest.raises(RateLimited):
        await bus.post("three", author="Bob")
    await bus.call("thread_list")


async def test_signs_of_life_and_waits_are_never_limited(make_bus: MakeBus) -> None:
    everything = dict.fromkeys(("messages", "edits", "writes", "searches", "reads"), "1/hour")
    bus = await make_bus(plugins=[limits(**everything)])
    agent = await bus.agent("A")
    for _ in range(5):
        await agent.call("agent_heartbeat", **proof(agent))
        await agent.call("agent_resume", **proof(agent))
        await agent.wait(timeout_ms=0)


async def test_reads_and_writes_have_limits_of_their_own(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(reads="2/minute", writes="1/minute")])
    agent = await bus.agent("A")
    await agent.call("thread_list")
    await agent.call("agent_list")
    with pytest.raises(RateLimited) as reads:
        await agent.call("thread_list")
    assert reads.value.details["limit"] == 2
    await agent.call("thread_create", topic="Mine", **proof(agent))
    with pytest.raises(RateLimited) as writes:
        await agent.call("thread_create", topic="Mine", **proof(agent))
    assert writes.value.details["limit"] == 1
    await agent.post("messages are neither")


async def test_new_agents_are_counted_by_address(make_bus: MakeBus) -> None:
    """M19, M20: registering was free, so whoever was limited came back as somebody else."""
    bus = await make_bus(plugins=[limits(registrations="2/minute", writes="1/minute")])
    guest = at(bus, "127.0.0.1")
    joined = await guest.call("bus_connect", thread_id=bus.thread, ide="A", model="1")
    await guest.call("agent_register", ide="A", model="2")
    with pytest.raises(RateLimited):
        await guest.call("bus_connect", thread_id=bus.thread, ide="A", model="3")
    with pytest.raises(RateLimited):
        await at(bus, "127.0.0.1").call("agent_register", ide="A", model="3")
    await at(bus, "127.0.0.1").call("bus_connect", thread_id=bus.thread, agent_id=joined.agent.id, token=joined.token)
    await at(bus, "127.0.0.2").call("agent_register", ide="A", model="3")


async def test_an_agent_may_have_rates_of_its_own_by_the_name_the_bus_gave_it(make_bus: MakeBus) -> None:
    rates = {"Test (Busy)": {"messages": "3/minute"}, "Alias": {"messages": "3/minute"}}
    bus = await make_bus(plugins=[limits(messages="1/minute", agents=rates)])
    busy, other = await bus.agent("Busy"), await bus.agent("Other", display_name="Alias")
    for number in range(3):
        await busy.post(str(number))
    assert (await refusal_of(busy)).details["limit"] == 3
    await other.wait()
    await other.post("a display name is the agent's own choice, so it earns nothing")
    assert (await refusal_of(other)).details["limit"] == 1


async def test_an_agent_may_have_rates_of_its_own_by_its_id(tmp_path: Path) -> None:
    (offer,) = SqlitePlugin(SqliteSettings(path=tmp_path / "bus.db")).register_storage()
    async with make_a_bus(storage=offer) as bus:
        registered = await bus.agent("Busy")
    plugin = limits(messages="1/minute", agents={registered.agent_id: {"messages": "3/minute"}})
    async with make_a_bus(storage=offer, plugins=[plugin]) as bus:
        busy = replace(registered, app=bus.app)
        for number in range(3):
            await busy.post(str(number), **proof(busy))
        with pytest.raises(RateLimited):
            await busy.post("one too many", **proof(busy))


class NoSecrets(Plugin[PluginSettings]):
    """Refuses messages about secrets."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())

    @hookimpl
    async def check_message(self, draft: Any) -> None:
        if "secret" in draft.content:
            raise Rejected("No secrets here.")
