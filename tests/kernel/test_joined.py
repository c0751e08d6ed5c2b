"""Who joins a thread is told to everybody, and every message says how its author looks."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.plugin_api import Event
from agentchatbus.testing import BusHarness, MakeBus


async def log_of(bus: BusHarness) -> list[Event]:
    await bus.app.bus.announcer.finish()
    return await bus.app.bus.storage.read(lambda tx: tx.events.after(0, 10_000))


async def joins(bus: BusHarness, thread_id: str) -> list[Any]:
    """Return who joined a thread, by name."""
    events = [event for event in await log_of(bus) if event.type == "thread.joined"]
    return [event.payload["participant"]["name"] for event in events if event.thread_id == thread_id]


async def newest(bus: BusHarness, kind: str) -> Any:
    return [event for event in await log_of(bus) if event.type == kind][-1].payload


async def test_joining_a_thread_that_is_there_is_told_with_the_participant_and_the_thread(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.post("before")
    nova = await bus.agent("Nova", emoji="🦊")
    told = await newest(bus, "thread.joined")
    assert (told["thread_id"], told["agent_id"], told["thread"]["last_seq"]) == (bus.thread, nova.agent_id, 1)
    assert told["participant"] == {
        "agent_id": nova.agent_id,
        "name": nova.name,
        "display_name": "Nova",
        "emoji": "🦊",
        "joined_at": told["participant"]["joined_at"],
        "read_seq": 1,
    }


@pytest.mark.parametrize("how", ["post", "wait"])
async def test_a_first_post_or_wait_in_a_thread_is_told_once(make_bus: MakeBus, how: str) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova", emoji="🦊")
    founder = await bus.agent("Founder")
    other = (await founder.call("thread_create", topic="Other")).thread.id
    for _ in range(2):
        nova.sync = await nova.call("sync_context", thread_id=other)
        if how == "post":
            await nova.post("hello", thread_id=other)
        else:
            await nova.wait(0, thread_id=other)
    assert await joins(bus, other) == [founder.name, nova.name]


async def test_whoever_creates_a_thread_joins_it_after_it_is_there(make_bus: MakeBus) -> None:
    bus = await make_bus()
    founder = await bus.agent("Founder")
    thread = (await founder.call("thread_create", topic="Mine")).thread.id
    events = [event for event in await log_of(bus) if event.thread_id == thread]
    assert [event.type for event in events] == ["thread.new", "thread.joined"]
    assert events[1].payload["agent_id"] == founder.agent_id


async def test_a_post_of_a_new_participant_is_told_before_its_joining_and_both_in_one_commit(make_bus: MakeBus) -> None:
    bus = await make_bus()
    commits: list[list[str]] = []
    bus.app.bus.storage.on_commit(lambda events: commits.append([event.type for event in events]))
    await bus.post("hello", author="Ada")
    await bus.post("again", author="Ada")
    told = [types for types in commits if "msg.new" in types]
    assert told == [["msg.new", "thread.joined"], ["msg.new"]]
    joined = await newest(bus, "thread.joined")
    assert (joined["participant"]["name"], joined["thread"]["last_seq"]) == ("Ada", 1)


async def test_an_event_of_a_message_shows_its_author_as_lists_do(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova", emoji="🦊")
    await nova.post("hello")
    row = (await newest(bus, "msg.new"))["message"]
    shown = (row["author_name"], row["author_display_name"], row["author_emoji"])
    assert shown == (nova.name, "Nova", "🦊")


async def test_an_author_that_has_another_alias_is_shown_with_it_from_then_on(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova", emoji="🦊")
    await nova.call("agent_update", display_name="Neo", emoji="🐙")
    await nova.post("hello")
    row = (await newest(bus, "msg.new"))["message"]
    assert (row["author_display_name"], row["author_emoji"]) == ("Neo", "🐙")


async def test_a_message_that_a_person_edits_still_shows_its_author(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova", emoji="🦊")
    message = (await nova.post("hello")).message
    await bus.call("msg_edit", message_id=message.id, new_content="better")
    await bus.app.bus.editing.annotate(message.id, {"decision": "no"})
    for kind in ("msg.edit", "msg.updated"):
        row = (await newest(bus, kind))["message"]
        assert (row["author_display_name"], row["author_emoji"]) == ("Nova", "🦊")


async def test_a_person_is_shown_by_its_name(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.post("hello")
    row = (await newest(bus, "msg.new"))["message"]
    assert (row["author_display_name"], row["author_emoji"]) == ("human", "👤")
