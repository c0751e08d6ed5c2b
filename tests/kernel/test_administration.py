"""Settings and administrators of threads, overviews, read positions, access tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    BusSettings,
    Caller,
    CallerKind,
    Credentials,
    Forbidden,
    InvalidRequest,
    NotFound,
    Scope,
    Unauthenticated,
)
from agentchatbus.testing import BusHarness, MakeBus
from tests.kernel.support import MINUTE, blocked

PERSON = Caller(kind=CallerKind.HUMAN)
OPEN_TO_ALL = BusSettings(is_open=False, operator_token="operator-token-of-a-test")
OPERATOR = Caller(kind=CallerKind.OPERATOR)


async def events(bus: BusHarness, kind: str) -> list[Any]:
    return [event.payload for event in await bus.app.bus.feed.read(0, 1000) or () if event.type == kind]


async def test_settings_are_changed_by_who_leads_and_told_with_the_row(make_bus: MakeBus) -> None:
    """H20: anybody could change them; H43: nothing was told."""
    bus = await make_bus()
    leader = await bus.agent("Nova", thread_id=None, thread_name="Mine")
    other = await bus.agent("Orion")
    changed = await leader.call("thread_settings_update", thread_id=leader.thread_id, timeout_seconds=30)
    assert (changed.settings.timeout_seconds, changed.settings.switch_timeout_seconds) == (30, 60)
    assert (await bus.call("thread_settings_get", thread_id=leader.thread_id)).settings == changed.settings
    with pytest.raises(Forbidden):
        await other.call("thread_settings_update", thread_id=leader.thread_id, timeout_seconds=90)
    await bus.call("thread_settings_update", thread_id=leader.thread_id, auto_administrator_enabled=False)
    told = await events(bus, "thread.settings")
    assert [payload["settings"]["auto_administrator_enabled"] for payload in told] == [True, False]


@pytest.mark.parametrize("name", ["timeout_seconds", "switch_timeout_seconds"])
@pytest.mark.parametrize(("seconds", "text"), [(29, "must be at least 30"), (10**12, "must be at most")])
async def test_times_out_of_bounds_are_refused(make_bus: MakeBus, name: str, seconds: int, text: str) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match=f"{name} {text}"):
        await bus.call("thread_settings_update", thread_id=bus.thread, **{name: seconds})


async def test_settings_that_are_the_same_tell_nobody(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.call("thread_settings_update", thread_id=bus.thread, timeout_seconds=60)
    assert await events(bus, "thread.settings") == []


async def test_an_administrator_whom_a_person_chose_stays(make_bus: MakeBus) -> None:
    """H10: the next message erased it."""
    bus = await make_bus()
    leader = await bus.agent("Nova", thread_id=None, thread_name="Mine")
    heir = await bus.agent("Orion", thread_id=leader.thread_id)
    await bus.app.bus.administration.assign(leader.thread_id, heir.agent_id, PERSON)
    await leader.post("Still here")
    settings = (await bus.call("thread_get", thread_id=leader.thread_id)).settings
    assert (settings.administrator.agent_id, settings.creator_admin) == (heir.agent_id, None)
    (told,) = await events(bus, "thread.admin")
    assert (told["admin_id"], told["admin_type"]) == (heir.agent_id, "auto_assigned")
    with pytest.raises(NotFound):
        await bus.app.bus.administration.assign(leader.thread_id, "nobody", PERSON)


async def test_waits_are_shown_with_whom_they_wait_for(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    (waiting,) = await blocked(bus, nova.wait(MINUTE, waiting_for=[orion.agent_id]))
    (state,) = await bus.call("thread_wait_state_get", thread_id=bus.thread)
    assert (state.agent_id, state.waiting_for, state.timeout_ms) == (nova.agent_id, (orion.agent_id,), MINUTE)
    await orion.post("Here I am")
    await waiting
    (started,), (ended,) = await events(bus, "wait.started"), await events(bus, "wait.ended")
    assert (list(started["waiting_for"]), ended["reason"], ended["read_seq"]) == ([orion.agent_id], "messages", 1)
    assert await bus.call("thread_wait_state_get", thread_id=bus.thread) == []


async def test_a_list_shows_newest_message_participants_and_what_is_unread(make_bus: MakeBus) -> None:
    """H63: the list knew nothing of activity."""
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await nova.post("One")
    await nova.post("Two")
    (thread,), overviews = await _listed(orion)
    overview = overviews[thread.id]
    assert (thread.message_count, overview.last_message.content, overview.unread) == (2, "Two", 2)
    read = {item.name: item.read_seq for item in overview.participants}
    assert read == {nova.name: 2, orion.name: 0, "human": 0}
    await orion.wait(0)
    assert (await _listed(orion))[1][thread.id].unread == 0
    assert (await _listed(bus.guest()))[1][thread.id].unread is None


async def test_people_say_what_they_have_read(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova")
    for text in ("One", "Two", "Three"):
        await nova.post(text)
    for seq in (2, 1, 99):
        await bus.call("thread_mark_read", thread_id=bus.thread, seq=seq)
    assert [(told["reader"], told["read_seq"]) for told in await events(bus, "thread.read")] == [
        ("human", 2),
        ("human", 3),
    ]
    assert (await bus.call("thread_overview", thread_id=bus.thread)).unread == 0


async def test_threads_are_listed_by_activity_without_skipping_any(make_bus: MakeBus) -> None:
    """H63: cursors skipped threads of one moment."""
    bus = await make_bus()
    for number in range(5):
        await bus.agent("Nova", thread_id=None, thread_name=f"T{number}")
    bus.clock.advance(1)
    await bus.post("Old thread, new word")
    seen: list[str] = []
    before: str | None = None
    for _ in range(6):
        page = await bus.call("thread_list", order="activity", limit=1, before=before)
        seen += [thread.topic for thread in page.threads]
        before = page.next_cursor
    assert seen[0] == "Under test"
    assert (sorted(seen), before) == (["T0", "T1", "T2", "T3", "T4", "Under test"], None)


@pytest.mark.parametrize(
    ("scope", "kind"), [("agent", CallerKind.GUEST), ("human", CallerKind.HUMAN), ("operator", CallerKind.OPERATOR)]
)
async def test_an_access_token_proves_its_scope_until_it_is_revoked(
    make_bus: MakeBus, scope: str, kind: CallerKind
) -> None:
    bus = await make_bus(settings=OPEN_TO_ALL)
    access = bus.app.bus.access
    granted = await access.create("Somebody", Scope(scope), OPERATOR)
    proof = Credentials(token=granted.secret)
    assert (await bus.app.bus.identify(proof)).kind is kind
    assert granted.secret not in str([await access.all(OPERATOR), granted, await bus.app.bus.feed.read(0, 100)])
    await access.revoke(granted.token.id, OPERATOR)
    with pytest.raises(Unauthenticated):
        await bus.app.bus.identify(proof)
    with pytest.raises(NotFound):
        await access.revoke(granted.token.id, OPERATOR)


@pytest.mark.parametrize(("scope", "is_agent"), [("agent", True), ("human", False)])
async def test_a_reply_token_proves_its_agent_beside_the_access_token_that_lets_agents_in(
    make_bus: MakeBus, scope: str, is_agent: bool
) -> None:
    bus = await make_bus()
    agent = await bus.agent("Alice")
    granted = await bus.app.bus.access.create("Somebody", Scope(scope), OPERATOR)
    caller = await bus.app.bus.identify(Credentials(token=granted.secret, reply_token=agent.sync.reply_token))
    assert (caller.agent_id == agent.agent_id) is is_agent


async def test_an_access_token_ends_when_it_was_told_to(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=OPEN_TO_ALL)
    granted = await bus.app.bus.access.create("For a day", Scope.HUMAN, OPERATOR, valid_for=timedelta(days=1))
    proof = Credentials(token=granted.secret)
    assert (await bus.app.bus.identify(proof)).kind is CallerKind.HUMAN
    bus.clock.advance(86_400)
    with pytest.raises(Unauthenticated, match="expired"):
        await bus.app.bus.identify(proof)


async def test_agents_hand_out_no_access_and_people_none_above_their_own(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=OPEN_TO_ALL)
    access = bus.app.bus.access
    for caller in (Caller(kind=CallerKind.AGENT, agent_id="x"), Caller(kind=CallerKind.GUEST)):
        with pytest.raises(Forbidden):
            await access.create("Me", Scope.AGENT, caller)
        with pytest.raises(Forbidden):
            await access.all(caller)
    with pytest.raises(Forbidden, match="Only the operator"):
        await access.create("Me", Scope.OPERATOR, PERSON)
    assert (await access.create("Me", Scope.AGENT, PERSON)).token.scope is Scope.AGENT


async def _listed(client: Any) -> tuple[Any, Any]:
    page = await client.call("thread_list")
    return page.threads, page.overviews
