"""Features that are on or off."""

from __future__ import annotations

from typing import Any

from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import BusHarness, MakeBus
from tests.plugins.mcp_site import call, client_of

FLAGS = BusSettings(enable_handoff_target=True, enable_stop_reason=True, enable_priority=True)
METADATA = {"handoff_target": "somebody", "stop_reason": "complete", "other": 1}


async def post_with_flags(
    harness: BusHarness, metadata: dict[str, Any] = METADATA
) -> tuple[dict[str, Any], dict[str, Any]]:
    agent = await harness.agent("Alice")
    async with client_of(harness) as client:
        posted = await call(
            client,
            "msg_post",
            thread_id=harness.thread,
            author=agent.agent_id,
            content="Done",
            expected_last_seq=agent.sync.current_seq,
            reply_token=agent.sync.reply_token,
            metadata=metadata,
            priority="urgent",
        )
        listed = await call(client, "msg_list", thread_id=harness.thread, include_system_prompt=False)
    return posted, listed["messages"][0]


async def test_features_that_are_on_are_shown(make_bus: MakeBus) -> None:
    posted, message = await post_with_flags(await make_bus(settings=FLAGS))
    assert (posted["handoff_target"], posted["stop_reason"], posted["priority"]) == ("somebody", "complete", "urgent")
    assert message["metadata"] == METADATA
    assert message["priority"] == "urgent"


async def test_a_target_that_is_no_text_is_kept_and_not_shown(make_bus: MakeBus) -> None:
    harness = await make_bus(settings=FLAGS)
    posted, message = await post_with_flags(harness, {"handoff_target": {"id": "somebody"}})
    assert "handoff_target" not in posted
    assert message["metadata"] == {"handoff_target": {"id": "somebody"}}


async def test_features_that_are_off_are_hidden_but_kept(make_bus: MakeBus) -> None:
    harness = await make_bus()
    posted, message = await post_with_flags(harness)
    assert not {"handoff_target", "stop_reason", "priority"} & set(posted)
    assert message["metadata"] == {"other": 1}
    assert "priority" not in message
    [stored] = await harness.messages()
    assert stored.metadata["handoff_target"] == "somebody"


async def test_metadata_of_which_nothing_is_left_is_null(make_bus: MakeBus) -> None:
    harness = await make_bus()
    await harness.post("Hello", metadata={"stop_reason": "complete"})
    async with client_of(harness) as client:
        listed = await call(client, "msg_list", thread_id=harness.thread, include_system_prompt=False)
    assert listed["messages"][0]["metadata"] is None
