"""What becomes of threads: states, closing, archive, renaming, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    Thread,
    ThreadClosed,
    ThreadStatus,
    Unauthenticated,
)
from agentchatbus.testing import BusHarness, MakeBus
from tests.kernel.support import MINUTE, blocked


async def events(bus: BusHarness) -> list[tuple[str, Any]]:
    """Return type and payload of every event since the thread was made and its creator joined it."""
    return [(event.type, event.payload) for event in await bus.app.bus.feed.read(0, 1000) or ()][3:]


async def types(bus: BusHarness) -> list[str]:
    return [kind for kind, _ in await events(bus)]


async def thread(bus: BusHarness) -> Thread:
    found: Thread = await bus.call("thread_get", thread_id=bus.thread)
    return found


@pytest.mark.parametrize("status", list(ThreadStatus))
async def test_every_state_can_be_set_and_is_told_with_the_new_row(make_bus: MakeBus, status: ThreadStatus) -> None:
    bus = await make_bus()
    await bus.call("thread_set_state", thread_id=bus.thread, state=status)
    assert (await thread(bus)).status is status
    told = [(kind, payload["thread"]["status"]) for kind, payload in await events(bus)]
    expected = {"discuss": [], "archived": ["thread.state", "thread.archived"]}.get(status, ["thread.state"])
    assert told == [(kind, status.value) for kind in expected]


async def test_an_unknown_state_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest):
        await bus.call("thread_set_state", thread_id=bus.thread, state="bogus")


async def test_closing_keeps_summary_and_time_and_refuses_posts(make_bus: MakeBus) -> None:
    """H65: closed threads took messages; H11: setting the state never set `closed_at`."""
    bus = await make_bus()
    agent = await bus.agent("Nova")
    closed = await bus.call("thread_close", thread_id=bus.thread, summary="We agreed.")
    assert (closed.was_closed, closed.thread.summary, closed.thread.closed_at) == (False, "We agreed.", bus.clock.now())
    with pytest.raises(ThreadClosed):
        await agent.post("Too late")
    with pytest.raises(ThreadClosed):
        await bus.post("Too late")
    assert (await types(bus))[-1] == "thread.closed"
    assert (await bus.call("thread_close", thread_id=bus.thread)).was_closed


async def test_a_thread_that_is_set_to_closed_knows_since_when_and_a_reopened_one_forgets(make_bus: MakeBus) -> None:
    """H11."""
    bus = await make_bus()
    await bus.call("thread_set_state", thread_id=bus.thread, state="closed")
    assert (await thread(bus)).closed_at == bus.clock.now()
    await bus.call("thread_set_state", thread_id=bus.thread, state="review")
    assert (await thread(bus)).closed_at is None
    assert (await bus.post("Open again")).message.seq == 1


@pytest.mark.parametrize("status", [status for status in ThreadStatus if status is not ThreadStatus.ARCHIVED])
async def test_an_archived_thread_returns_to_the_state_it_had(make_bus: MakeBus, status: ThreadStatus) -> None:
    """H11: unarchiving forgot the state."""
    bus = await make_bus()
    await bus.call("thread_set_state", thread_id=bus.thread, state=status)
    for _ in range(2):
        await bus.call("thread_archive", thread_id=bus.thread)
    with pytest.raises(ThreadClosed):
        await bus.post("Nobody hears me")
    back = await bus.call("thread_unarchive", thread_id=bus.thread)
    assert (back.status, back.archived_from) == (status, None)
    assert (await types(bus))[-2:] == ["thread.state", "thread.unarchived"]


async def test_a_meeting_in_the_archive_gets_no_farewell(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.call("thread_archive", thread_id=bus.thread)
    with pytest.raises(ThreadClosed):
        await bus.call("close_meeting", thread_id=bus.thread)
    assert (await thread(bus)).status is ThreadStatus.ARCHIVED
    assert await bus.messages() == []


async def test_unarchiving_a_thread_that_is_not_archived_changes_nothing(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.call("thread_set_state", thread_id=bus.thread, state="review")
    before = await types(bus)
    assert (await bus.call("thread_unarchive", thread_id=bus.thread)).status is ThreadStatus.REVIEW
    assert await types(bus) == before


async def test_a_guest_changes_no_state(make_bus: MakeBus) -> None:
    """H20: nothing was authenticated."""
    bus = await make_bus()
    guest = bus.guest()
    for name, more in (("thread_set_state", {"state": "done"}), ("thread_close", {}), ("thread_archive", {})):
        with pytest.raises(Unauthenticated):
            await guest.call(name, thread_id=bus.thread, **more)
    with pytest.raises(Unauthenticated):
        await guest.call("close_meeting", thread_id=bus.thread)
    assert (await thread(bus)).status is ThreadStatus.DISCUSS


async def test_a_topic_can_be_changed_by_who_leads_and_stays_unique(make_bus: MakeBus) -> None:
    bus = await make_bus()
    leader = await bus.agent("Nova", thread_id=None, thread_name="Mine")
    other = await bus.agent("Orion")
    renamed = await leader.call("thread_rename", thread_id=leader.thread_id, topic="Ours")
    assert renamed.topic == "Ours"
    with pytest.raises(Forbidden):
        await other.call("thread_rename", thread_id=leader.thread_id, topic="Theirs")
    with pytest.raises(Conflict):
        await bus.call("thread_rename", thread_id=leader.thread_id, topic="Under test")
    assert (await types(bus))[-1] == "thread.updated"


async def test_a_meeting_is_closed_by_its_administrator_with_a_last_word(make_bus: MakeBus) -> None:
    bus = await make_bus()
    leader = await bus.agent("Nova", thread_id=None, thread_name="Meeting")
    guest = await bus.agent("Orion", thread_id=leader.thread_id)
    with pytest.raises(Forbidden):
        await guest.call("close_meeting", thread_id=leader.thread_id)
    closed = await leader.call("close_meeting", thread_id=leader.thread_id, summary="Done.")
    (farewell,) = await bus.messages(leader.thread_id)
    assert (farewell.role, farewell.metadata["ui_type"], closed.thread.status) == ("system", "meeting_closed", "closed")
    assert closed.thread.message_count == 1
    again = await leader.call("close_meeting", thread_id=leader.thread_id)
    assert (again.was_closed, len(await bus.messages(leader.thread_id))) == (True, 1)


async def test_only_people_delete_and_only_when_they_mean_it(make_bus: MakeBus) -> None:
    bus = await make_bus()
    leader = await bus.agent("Nova", thread_id=None, thread_name="Mine")
    with pytest.raises(Forbidden):
        await leader.call("thread_delete", thread_id=leader.thread_id, confirm=True)
    with pytest.raises(InvalidRequest, match="confirm must be true"):
        await bus.call("thread_delete", thread_id=bus.thread, confirm=False)
    with pytest.raises(NotFound):
        await bus.call("thread_delete", thread_id="nope", confirm=True)


async def test_deletion_leaves_nothing_but_word_of_it(make_bus: MakeBus) -> None:
    """H12: deleted text stayed in the index; no event of the thread may repeat it either."""
    bus = await make_bus()
    agent = await bus.agent("Nova")
    posted = await agent.post("A secret plan")
    await bus.call("msg_react", message_id=posted.message.id, reaction="👍")
    (waiting,) = await blocked(bus, agent.wait(MINUTE))
    deleted = await bus.call("thread_delete", thread_id=bus.thread, confirm=True)
    assert (deleted.topic, deleted.message_count) == ("Under test", 1)
    with pytest.raises(NotFound):
        await waiting
    with pytest.raises(NotFound):
        await bus.call("msg_get", message_id=posted.message.id)
    left = await bus.app.bus.feed.read(0, 1000)
    stored = await bus.app.bus.storage.read(lambda tx: tx.events.after(0, 1000))
    assert not [event for event in stored if event.thread_id == bus.thread]
    assert left is not None
    assert "secret" not in str(stored)
    assert [event.id for event in left] == [event.id for event in stored]
    assert stored[-1].type == "thread.deleted"
    assert not bus.waits()
