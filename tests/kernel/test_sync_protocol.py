"""Posting: baselines, reply tokens, refusals, repeats."""

from __future__ import annotations

import asyncio

import pytest

from agentchatbus.plugin_api import (
    BusSettings,
    Conflict,
    MessageDraft,
    NotFound,
    OutOfSync,
    Plugin,
    PluginSettings,
    SyncContext,
    SyncFieldsMissing,
    TokenInvalid,
    TokenReplayed,
    Unauthenticated,
    hookimpl,
)
from agentchatbus.testing import AgentHandle, MakeBus
from tests.kernel.support import post, wait


async def rejoin(agent: AgentHandle) -> SyncContext:
    connected = await agent.call("bus_connect", thread_id=agent.thread_id, agent_id=agent.agent_id, token=agent.token)
    sync: SyncContext = connected.opened.sync
    return sync


async def test_a_post_right_after_connecting_needs_no_wait(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    posted = await post(agent, "hello", agent.sync)
    assert posted.message.seq == 1
    assert posted.message.author == agent.name
    assert posted.message.author_id == agent.agent_id


async def test_a_token_works_once(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    first = await post(agent, "one", agent.sync)
    with pytest.raises(TokenReplayed) as refused:
        await post(agent, "two", agent.sync, expected_last_seq=1)
    assert refused.value.details["consumed_at"].endswith("+00:00")
    assert [message.id for message in await bus.messages()] == [first.message.id]


async def test_the_same_post_with_the_same_token_gets_its_first_answer(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    first = await post(agent, "one", agent.sync)
    again = await post(agent, "one", agent.sync)
    assert again == first
    assert len(await bus.messages()) == 1


async def test_the_answer_to_a_post_carries_the_token_of_the_next_one(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    sync = agent.sync
    for number in range(1, 4):
        posted = await post(agent, f"message {number}", sync)
        assert posted.message.seq == posted.sync.current_seq == number
        sync = posted.sync


async def test_a_post_invalidates_older_tokens_of_its_author(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    other = (await wait(agent, 0)).sync
    await post(agent, "one", await rejoin(agent))
    with pytest.raises(TokenReplayed):
        await post(agent, "two", other, expected_last_seq=1)


async def test_unread_messages_refuse_a_post_and_come_with_the_refusal(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await post(orion, "first", orion.sync)
    with pytest.raises(OutOfSync) as refused:
        await post(nova, "late", nova.sync)
    details = refused.value.details
    assert (details["expected_last_seq"], details["current_seq"]) == (0, 1)
    assert [message.content for message in details["new_messages"]] == ["first"]
    assert str(refused.value) == "SEQ_MISMATCH: expected_last_seq=0, current_seq=1"


async def test_m15_h29_a_refusal_hides_what_only_people_may_read(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    await bus.post("the password of the vault", metadata={"audience": "human"})
    with pytest.raises(OutOfSync) as refused:
        await post(agent, "late", agent.sync)
    assert "password" not in repr(refused.value.details)
    assert refused.value.details["new_messages"][0].content == "[human-only content hidden]"


async def test_a_refused_post_makes_the_next_wait_return_at_once_and_only_that_one(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await post(orion, "first", orion.sync)
    with pytest.raises(OutOfSync):
        await post(nova, "late", nova.sync)
    outcome = await wait(nova, 1, timeout_ms=60_000)
    assert (outcome.reason, list(outcome.messages)) == ("refresh", [])
    assert (await post(nova, "new words", outcome.sync)).message.seq == 2
    assert (await wait(nova, 2)).reason == "timeout"


async def test_a_refused_post_invalidates_every_token_of_its_author(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await post(orion, "first", orion.sync)
    with pytest.raises(OutOfSync):
        await post(nova, "late", nova.sync)
    with pytest.raises(TokenReplayed):
        await post(nova, "late", nova.sync, expected_last_seq=1)


async def test_h67_m4_a_baseline_in_the_future_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(OutOfSync) as refused:
        await post(agent, "bold", agent.sync, expected_last_seq=100_000)
    assert refused.value.details["new_messages"] == []


async def test_m2_of_many_posts_on_one_baseline_exactly_one_wins(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agents = [await bus.agent(f"Racer {number}") for number in range(16)]
    results = await asyncio.gather(*(post(agent, "mine", agent.sync) for agent in agents), return_exceptions=True)
    refusals = [result for result in results if isinstance(result, OutOfSync)]
    assert len(refusals) == 15
    assert [message.seq for message in await bus.messages()] == [1]


async def test_m6_refused_posts_leave_no_gap(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await post(orion, "one", orion.sync)
    with pytest.raises(OutOfSync):
        await post(nova, "late", nova.sync)
    await post(nova, "two", (await wait(nova, 0)).sync)
    assert [message.seq for message in await bus.messages()] == [1, 2]


async def test_tolerated_messages_are_not_claimed_as_read(make_bus: MakeBus) -> None:
    bus = await make_bus(settings=BusSettings(seq_tolerance=2))
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    await post(orion, "one", orion.sync)
    posted = await post(nova, "two", nova.sync)
    assert posted.message.seq == 2
    assert posted.sync.current_seq == 0
    assert posted.sync.max_new_messages == 2


@pytest.mark.parametrize("missing", ["expected_last_seq", "reply_token"])
async def test_an_agent_that_leaves_out_a_sync_field_is_told_which(make_bus: MakeBus, missing: str) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    before = agent.sync
    with pytest.raises(SyncFieldsMissing, match=missing):
        await post(agent, "hello", agent.sync, **{missing: None})
    outcome = await agent.wait()
    assert (outcome.reason, list(outcome.messages)) == ("refresh", [])
    await agent.post("hello")
    with pytest.raises(TokenReplayed):
        await post(agent, "late", before)


async def test_sync_fields_that_are_missing_do_not_hide_that_the_thread_is(make_bus: MakeBus) -> None:
    agent = await (await make_bus()).agent("Nova")
    with pytest.raises((SyncFieldsMissing, NotFound)):
        await agent.post("hello", thread_id="nowhere", reply_token=None)


async def test_tokens_of_nobody_of_another_thread_and_of_another_agent_are_invalid(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    elsewhere = await nova.call("thread_create", topic="Elsewhere", agent_id=nova.agent_id, token=nova.token)
    for token in ("nonsense", elsewhere.sync.reply_token, orion.sync.reply_token):
        with pytest.raises(TokenInvalid):
            await post(nova, "hello", nova.sync, reply_token=token)


async def test_a_repeat_with_the_same_idempotency_key_gets_the_first_answer(make_bus: MakeBus) -> None:
    bus = await make_bus()
    arguments = {"thread_id": bus.thread, "author": "human", "content": "once"}
    first = await bus.call("msg_post", idempotency_key="k", **arguments)
    again = await bus.call("msg_post", idempotency_key="k", **arguments)
    assert again == first
    assert len(await bus.messages()) == 1


async def test_an_idempotency_key_cannot_be_used_for_another_request(make_bus: MakeBus) -> None:
    bus = await make_bus()
    for content in ("one", "two"):
        arguments = {"thread_id": bus.thread, "author": "human", "content": content}
        asked = bus.call("msg_post", idempotency_key="k", **arguments)
        if content == "one":
            await asked
            continue
        with pytest.raises(Conflict):
            await asked


async def test_m7_a_repeated_registration_gets_the_same_agent_and_token(make_bus: MakeBus) -> None:
    bus = await make_bus()
    key = "0d6f9a4e-8f0e-4b57-9b7e-2f3f6f1f7c11"
    first = await bus.call("agent_register", ide="Cursor", model="GPT", idempotency_key=key)
    again = await bus.call("agent_register", ide="Cursor", model="GPT", idempotency_key=key)
    other = await bus.call("agent_register", ide="Cursor", model="GPT")
    assert (again.agent.id, again.token) == (first.agent.id, first.token)
    assert (first.agent.name, other.agent.name) == ("Cursor (GPT)", "Cursor (GPT) 2")


async def test_an_agent_that_was_removed_while_it_posted_posts_nothing(make_bus: MakeBus) -> None:
    class SlowPlugin(Plugin[PluginSettings]):
        """Lets somebody act while a post is checked."""

        @hookimpl
        async def check_message(self, draft: MessageDraft) -> None:
            await agent.call("agent_unregister", agent_id=agent.agent_id, token=agent.token)

    bus = await make_bus(plugins=[SlowPlugin(PluginSettings())])
    agent = await bus.agent("Nova")
    with pytest.raises(Unauthenticated, match="unregistered"):
        await post(agent, "hello", agent.sync)
    assert await bus.messages() == []
