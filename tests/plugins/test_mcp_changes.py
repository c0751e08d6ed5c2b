"""What clients are told of lists that change, and of a wait that goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp.shared.subscriptions import ResourcesListChanged
from mcp_types import ResourceListChangedNotification

from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import MakeBus, ManualClock
from tests.plugins.mcp_site import WAYS_IN, serving, until

LISTED = BusSettings(expose_thread_resources=True)


@pytest.mark.parametrize("way_in", ["http-legacy", "http-auto", "sse-legacy", "sse-auto"])
@pytest.mark.parametrize("lists_threads", [False, True])
async def test_capabilities_say_what_is_true(make_bus: MakeBus, way_in: str, lists_threads: bool) -> None:
    async with (
        serving(make_bus, settings=BusSettings(expose_thread_resources=lists_threads)) as site,
        site.client(way_in) as client,
    ):
        found = client.server_capabilities
    assert found.tools is not None
    assert found.prompts is not None
    assert found.resources is not None
    assert (found.tools.list_changed, found.prompts.list_changed) == (False, False)
    assert (found.resources.list_changed, found.resources.subscribe) == (lists_threads, True)


@pytest.mark.parametrize("way_in", ["http-legacy", "sse-legacy"])
async def test_legacy_clients_that_read_the_list_hear_that_it_changed(make_bus: MakeBus, way_in: str) -> None:
    told: list[str] = []

    async def on_message(message: Any) -> None:
        if isinstance(message, ResourceListChangedNotification):
            told.append(message.method)

    async with (
        serving(make_bus, settings=LISTED) as site,
        site.client(way_in, message_handler=on_message) as client,
    ):
        before = len((await client.list_resources()).resources)
        agent = await site.harness.agent("Alice")
        await agent.call("thread_create", topic="Another one")
        await until(lambda: bool(told))
        assert len((await client.list_resources()).resources) > before


async def test_modern_clients_listen_to_changes_of_the_list(make_bus: MakeBus) -> None:
    async with (
        serving(make_bus, settings=LISTED) as site,
        site.client("http-modern") as client,
        client.listen(resources_list_changed=True) as events,
    ):
        agent = await site.harness.agent("Alice")
        await agent.call("thread_create", topic="Another one")
        async with asyncio.timeout(2):
            assert await anext(aiter(events)) == ResourcesListChanged()


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_wait_tells_how_long_it_has_lasted(make_bus: MakeBus, way_in: str) -> None:
    heard: list[tuple[float, float | None]] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total))

    async with serving(make_bus) as site, site.client(way_in) as client:
        clock = site.harness.clock
        assert isinstance(clock, ManualClock)
        arguments = {"thread_id": site.harness.thread, "after_seq": 0, "timeout_ms": 60_000}
        waiting = asyncio.create_task(client.call_tool("msg_wait", arguments, progress_callback=on_progress))
        for reports in range(1, 4):
            await site.harness.until_blocked()
            clock.advance(15)
            await until(lambda count=reports: len(heard) == count)  # type: ignore[misc]
        await site.harness.post("Here I am")
        result = await waiting
    assert heard == [(15, 60), (30, 60), (45, 60)]
    assert result.structured_content is not None
    assert [message["content"] for message in result.structured_content["messages"]] == ["Here I am"]


async def test_a_wait_that_nobody_wants_to_hear_of_reports_nothing(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, site.client("http-modern") as client:
        waiting = asyncio.create_task(
            client.call_tool("msg_wait", {"thread_id": site.harness.thread, "after_seq": 0, "timeout_ms": 60_000})
        )
        await site.harness.until_blocked(1)
        site.harness.clock.advance(61)  # type: ignore[attr-defined]
        assert not (await waiting).is_error
