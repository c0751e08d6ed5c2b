"""Posts that cannot be taken as they are: where they go, what they carry, how large they are."""

from __future__ import annotations

import pytest

from agentchatbus.plugin_api import (
    InvalidRequest,
    NotFound,
    ThreadClosed,
    ThreadStatus,
    TooLarge,
)
from agentchatbus.testing import MakeBus
from tests.kernel.support import post, set_status


async def test_h65_m54_closed_and_archived_threads_take_no_messages(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    for status in (ThreadStatus.CLOSED, ThreadStatus.ARCHIVED):
        await set_status(bus, status)
        with pytest.raises(ThreadClosed):
            await post(agent, "hello", agent.sync)
    assert await bus.messages() == []


async def test_an_unknown_thread_is_said_to_be_unknown(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(NotFound, match="Thread not found"):
        await post(agent, "hello", agent.sync, thread_id="nope")


async def test_h06_m5_an_invalid_stop_reason_stores_nothing_and_burns_no_token(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="bored"):
        await post(agent, "bye", agent.sync, metadata={"stop_reason": "bored"})
    assert await bus.messages() == []
    await post(agent, "bye", agent.sync, metadata={"stop_reason": "complete"})


async def test_a_reply_target_must_exist_in_the_same_thread(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="'nope' does not exist"):
        await post(agent, "hello", agent.sync, reply_to_msg_id="nope")
    posted = await post(agent, "one", agent.sync)
    other = await agent.call("thread_create", topic="Other", agent_id=agent.agent_id, token=agent.token)
    with pytest.raises(InvalidRequest, match="different thread"):
        await post(agent, "x", other.sync, thread_id=other.thread.id, reply_to_msg_id=posted.message.id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({"content": "x" * (256 * 1024 + 1)}, "content"), ({"metadata": {"a": "x" * 65_600}}, "metadata")],
)
async def test_h08_m19_too_large_values_are_refused_by_name(
    make_bus: MakeBus, arguments: dict[str, object], field: str
) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(TooLarge) as refused:
        await post(agent, str(arguments.pop("content", "hello")), agent.sync, **arguments)
    assert refused.value.details["field"] == field
    assert refused.value.details["size"] > refused.value.details["limit"]


async def test_h65_an_empty_message_is_refused_unless_it_carries_a_picture(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="content"):
        await post(agent, " \n", agent.sync)
    await post(agent, "", agent.sync, metadata={"images": [{"url": "/static/uploads/a.png"}]})


async def test_metadata_nested_beyond_what_clients_can_read_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    for levels in (33, 300):
        nested: object = "deep"
        for _ in range(levels - 1):
            nested = [nested]
        with pytest.raises(InvalidRequest, match="32 levels"):
            await post(agent, "hello", agent.sync, metadata={"a": nested})


@pytest.mark.parametrize("expected", [2**63, -(2**63), 2**100])
async def test_a_baseline_that_no_client_can_hold_is_refused(make_bus: MakeBus, expected: int) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="expected_last_seq"):
        await post(agent, "hello", agent.sync, expected_last_seq=expected)


@pytest.mark.parametrize("half", ["\ud800 hi", "hi \udfff"])
@pytest.mark.parametrize("field", ["reply_token", "thread_id", "agent_id", "author", "reply_to_msg_id"])
async def test_text_that_is_no_unicode_is_refused_by_name(make_bus: MakeBus, field: str, half: str) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match=f"^{field}: Text must not hold half a surrogate pair"):
        await post(agent, "hello", agent.sync, **{field: half})
    with pytest.raises(InvalidRequest, match=r"^content: Text must not hold"):
        await post(agent, half, agent.sync)
    for metadata in ({"note": half}, {half: 1}, {"list": [{"deep": half}]}):
        with pytest.raises(InvalidRequest, match=r"^metadata: Text must not hold"):
            await post(agent, "hello", agent.sync, metadata=metadata)
    assert await bus.messages() == []
