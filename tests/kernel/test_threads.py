"""Threads: create, find, list."""

from __future__ import annotations

import asyncio

import pytest

from agentchatbus.plugin_api import (
    BusSettings,
    Conflict,
    InvalidRequest,
    NotFound,
    ThreadStatus,
    TooLarge,
    Unauthenticated,
)
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus
from tests.kernel.support import set_status

KEY = "5f2b9f2e-7b52-4f5e-8d43-1f8a2f0f2a10"


async def create(agent: AgentHandle, topic: str, **more: object) -> object:
    return await agent.call("thread_create", topic=topic, agent_id=agent.agent_id, token=agent.token, **more)


async def topics(bus: BusHarness, **query: object) -> list[str]:
    page = await bus.call("thread_list", **query)
    return [thread.topic for thread in page.threads]


async def test_a_new_thread_belongs_to_its_creator(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    opened = await create(agent, "Fix the race", system_prompt="Be brief.", metadata={"a": [1]})
    thread = await bus.call("thread_get", thread_id=opened.thread.id)
    assert opened.created
    assert (thread.topic, thread.status, thread.system_prompt) == ("Fix the race", "discuss", "Be brief.")
    assert thread.metadata == {"a": (1,)}
    assert thread.settings.administrator.agent_id == agent.agent_id
    assert thread.settings.administrator.name == "Nova"


async def test_h64_m54_an_existing_topic_is_joined_and_the_answer_says_so(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    first = await create(nova, "Room", system_prompt="Mine.")
    again = await create(orion, "Room", system_prompt="Ours.")
    assert (first.created, again.created) == (True, False)
    assert again.thread == first.thread
    assert again.sync.reply_token != first.sync.reply_token


async def test_an_existing_thread_counts_as_unread(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("one")
    opened = await create(agent, "Under test")
    assert opened.sync.current_seq == 0


async def test_of_many_creations_of_one_topic_one_creates(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agents = [await bus.agent(f"Agent {number}") for number in range(8)]
    opened = await asyncio.gather(*(create(agent, "Room") for agent in agents))
    assert sum(each.created for each in opened) == 1
    assert len({each.thread.id for each in opened}) == 1


async def test_a_repeated_creation_gets_the_first_answer(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    first = await create(agent, "Room", idempotency_key=KEY)
    again = await create(agent, "Room", idempotency_key=KEY)
    assert (again.created, again.thread) == (True, first.thread)
    with pytest.raises(Conflict):
        await create(agent, "Another room", idempotency_key=KEY)


async def test_who_has_proven_nothing_creates_no_thread(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(Unauthenticated, match="registered agent"):
        await bus.guest().call("thread_create", topic="Mine")


async def test_a_person_creates_a_thread_that_nobody_leads(make_bus: MakeBus) -> None:
    bus = await make_bus()
    opened = await bus.call("thread_create", topic="Of a person", system_prompt="Be brief.")
    thread = await bus.call("thread_get", thread_id=opened.thread.id)
    overview = await bus.call("thread_overview", thread_id=thread.id)
    assert (opened.created, thread.system_prompt, thread.settings.administrator) == (True, "Be brief.", None)
    assert [item.agent_id for item in overview.participants] == [None]
    assert not (await bus.call("thread_create", topic="Of a person")).created


@pytest.mark.parametrize("topic", ["", "  \n"])
async def test_h65_a_topic_must_not_be_empty(make_bus: MakeBus, topic: str) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="topic"):
        await create(agent, topic)


async def test_h08_a_topic_has_a_longest_length(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=BusSettings(max_topic_length=20))
    agent = await bus.agent("Nova")
    with pytest.raises(TooLarge, match="21 characters; the limit is 20"):
        await create(agent, "x" * 21)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_metadata_that_is_no_json_is_refused(make_bus: MakeBus, value: float) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="JSON"):
        await create(agent, "Room", metadata={"x": value})


async def test_archived_threads_are_listed_only_when_asked_for(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await set_status(bus, ThreadStatus.ARCHIVED)
    assert await topics(bus) == []
    assert await topics(bus, include_archived=True) == ["Under test"]
    assert await topics(bus, status="archived") == ["Under test"]
    assert await topics(bus, status="closed") == []


async def test_h63_m46_pages_skip_nothing_and_the_last_one_says_so(make_bus: MakeBus) -> None:
    bus = await make_bus()  # its clock stands still, so every thread has the same time
    agent = await bus.agent("Nova")
    wanted = {"Under test"} | {f"Room {number}" for number in range(5)}
    for topic in wanted - {"Under test"}:
        await create(agent, topic)
    found, cursor = [], None
    for expected in (2, 2, 2):
        page = await bus.call("thread_list", limit=2, before=cursor)
        assert (len(page.threads), page.total) == (expected, 6)
        found += [thread.topic for thread in page.threads]
        cursor = page.next_cursor
    assert cursor is None
    assert (len(found), set(found)) == (6, wanted)


@pytest.mark.parametrize(
    "before", ["2031-01-01T00:00:00+00:00", "2031-01-01T00:00:00.123456 00:00", "2031-01-01T00:00:00Z"]
)
async def test_the_old_cursor_a_time_is_understood(make_bus: MakeBus, before: str) -> None:
    bus = await make_bus()
    assert await topics(bus, before=before) == ["Under test"]
    assert await topics(bus, before=before.replace("2031", "2029")) == []


@pytest.mark.parametrize(
    "before", ["yesterday", "2030-13-01T00:00:00Z", "2030-01-01T00:00:00", "AAAA", "🦊", "9999-12-31T23:59:59-23:59"]
)
async def test_a_cursor_of_nobody_is_refused(make_bus: MakeBus, before: str) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="Invalid 'before' cursor"):
        await bus.call("thread_list", before=before)


async def test_an_unknown_thread_is_not_found(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(NotFound) as missing:
        await bus.call("thread_get", thread_id="nope")
    assert missing.value.details == {"kind": "thread", "id": "nope"}
