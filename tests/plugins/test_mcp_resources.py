"""Resources, prompts, completion and subscriptions."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp_types import PromptReference, ResourceTemplateReference, ResourceUpdatedNotification

from agentchatbus.testing import BusHarness, MakeBus
from tests.plugins.mcp_site import client_of, serving, until

TEMPLATE = "chat://threads/{thread_id}/transcript"


async def read(client: Client, uri: str) -> tuple[str | None, str]:
    """Return the media type and the text of a resource."""
    [content] = (await client.read_resource(uri)).contents
    return content.mime_type, content.text  # type: ignore[union-attr]


async def test_fixed_resources_are_listed_and_threads_are_described(make_bus: MakeBus) -> None:
    async with client_of(await make_bus()) as client:
        resources = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
    assert [str(item.uri) for item in resources] == [
        "chat://bus/config",
        "chat://agents/active",
        "chat://threads/active",
    ]
    assert {item.mime_type for item in resources} == {"application/json"}
    assert [item.uri_template for item in templates] == [
        f"chat://threads/{{thread_id}}/{part}" for part in ("transcript", "summary", "state")
    ]


async def test_json_resources_say_that_they_are_json(make_bus: MakeBus) -> None:
    # M51: the reference called everything text/plain.
    harness = await make_bus()
    agent = await harness.agent("Alice")
    async with client_of(harness) as client:
        read_back = {
            uri: await read(client, f"chat://{uri}") for uri in ("bus/config", "agents/active", "threads/active")
        }
        state = await read(client, f"chat://threads/{harness.thread}/state")
    assert {mime for mime, _ in read_back.values()} == {"application/json"}
    assert json.loads(read_back["bus/config"][1])["bus_name"] == "AgentChatBus"
    [listed] = json.loads(read_back["agents/active"][1])
    assert set(listed) == {"agent_id", "name", "description", "capabilities", "skills", "is_online"}
    assert listed["agent_id"] == agent.agent_id
    assert json.loads(read_back["threads/active"][1])[0]["thread_id"] == harness.thread
    assert set(json.loads(state[1])) == {"thread_id", "topic", "status", "latest_seq", "created_at"}


async def test_a_transcript_is_text_and_hides_what_is_for_people(make_bus: MakeBus) -> None:
    harness = await make_bus()
    await harness.post("Hello")
    await harness.post("For people", metadata={"visibility": "human_only"})
    async with client_of(harness) as client:
        mime, text = await read(client, f"chat://threads/{harness.thread}/transcript")
    assert mime == "text/plain"
    assert text.startswith("# Thread: Under test  [status: discuss]\n\n[seq=0] System (system): ")
    assert text.endswith("[seq=1] human (user): Hello\n[seq=2] human (user): [human-only content hidden]")


async def test_a_thread_without_a_summary_says_so(make_bus: MakeBus) -> None:
    harness = await make_bus()
    async with client_of(harness) as client:
        assert (await read(client, f"chat://threads/{harness.thread}/summary"))[1] == "(No summary was written.)"


@pytest.mark.parametrize(
    "uri", ["chat://threads/nope/transcript", "chat://bus/nothing", "chat://threads/x/y", "else://x"]
)
async def test_what_does_not_exist_is_an_error(make_bus: MakeBus, uri: str) -> None:
    async with client_of(await make_bus()) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)
    assert (caught.value.code, caught.value.data) == (-32002, {"uri": uri})


async def test_prompts_are_filled_in(make_bus: MakeBus) -> None:
    async with client_of(await make_bus()) as client:
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        summary = await client.get_prompt("summarize_thread", {"topic": "Tea", "transcript": "A: hi"})
        handoff = await client.get_prompt(
            "handoff_to_agent", {"from_agent": "A", "to_agent": "B", "task_description": "Fix it", "context": "Careful"}
        )
    assert all(prompt.description for prompt in prompts.values())
    assert [item.name for item in prompts["handoff_to_agent"].arguments or () if not item.required] == ["context"]
    [message] = summary.messages
    assert "--- TRANSCRIPT ---\nA: hi\n--- END ---" in message.content.text  # type: ignore[union-attr]
    [message] = handoff.messages
    assert "**Task:** Fix it" in message.content.text  # type: ignore[union-attr]
    assert "Careful" in message.content.text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [("nothing", {}, "Unknown prompt: nothing"), ("summarize_thread", {"topic": "T"}, "needs: transcript")],
)
async def test_prompts_say_what_is_wrong(make_bus: MakeBus, name: str, arguments: dict[str, str], problem: str) -> None:
    async with client_of(await make_bus()) as client:
        with pytest.raises(MCPError, match=problem) as caught:
            await client.get_prompt(name, arguments)
    assert caught.value.code == -32602


async def test_threads_and_agents_are_completed(make_bus: MakeBus) -> None:
    harness = await make_bus()
    await harness.agent("Alice")
    template = ResourceTemplateReference(uri=TEMPLATE)
    async with client_of(harness) as client:
        by_topic = await client.complete(template, {"name": "thread_id", "value": "under"})
        by_id = await client.complete(template, {"name": "thread_id", "value": harness.thread[:4]})
        topic = await client.complete(PromptReference(name="summarize_thread"), {"name": "topic", "value": "Un"})
        agent = await client.complete(PromptReference(name="handoff_to_agent"), {"name": "to_agent", "value": "ali"})
        other = await client.complete(PromptReference(name="handoff_to_agent"), {"name": "context", "value": "x"})
    assert by_topic.completion.values == by_id.completion.values == [harness.thread]
    assert topic.completion.values == ["Under test"]
    assert agent.completion.values == ["Test (Alice)"]
    assert other.completion.values == []


def transcript(harness: BusHarness) -> str:
    return f"chat://threads/{harness.thread}/transcript"


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.parametrize("way_in", ["http", "sse"])
async def test_legacy_clients_are_told_of_what_they_subscribed_to(make_bus: MakeBus, way_in: str) -> None:
    told: list[str] = []

    async def on_message(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            told.append(str(message.params.uri))

    async with serving(make_bus) as site:
        client = site.client(f"{way_in}-legacy", message_handler=on_message)
        async with client:
            await client.subscribe_resource(transcript(site.harness))
            await site.harness.post("Hello")
            await until(lambda: told == [transcript(site.harness)])
            await client.unsubscribe_resource(transcript(site.harness))
            await client.subscribe_resource("chat://agents/active")
            await site.harness.post("Nobody hears this")
            await site.harness.agent("Alice")
            await until(lambda: told == [transcript(site.harness), "chat://agents/active"])


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
async def test_a_client_cannot_fill_the_memory_with_subscriptions(make_bus: MakeBus) -> None:
    async with serving(make_bus) as site, site.client("http-legacy") as client:
        with pytest.raises(MCPError, match="at most 2048 characters"):
            await client.subscribe_resource("chat://" + "x" * 2048)
        for number in range(1000):
            await client.subscribe_resource(f"chat://{number}")
        with pytest.raises(MCPError, match="at most 1000 resources"):
            await client.subscribe_resource("chat://one-more")
        await client.subscribe_resource("chat://7")


async def test_modern_clients_listen_to_what_they_name(make_bus: MakeBus) -> None:
    async with (
        serving(make_bus) as site,
        site.client("http-modern") as client,
        client.listen(resource_subscriptions=[transcript(site.harness)]) as events,
    ):
        await site.harness.agent("Alice")
        await site.harness.post("Hello")
        async with asyncio.timeout(2):
            event = await anext(aiter(events))
    assert event == ResourceUpdated(uri=transcript(site.harness))


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
async def test_the_level_of_logging_may_be_set(make_bus: MakeBus) -> None:
    async with client_of(await make_bus()) as client:
        await client.set_logging_level("debug")
