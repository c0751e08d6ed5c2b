"""The plugins for the official conformance suite, through the MCP SDK's client; the suite itself needs npm."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from agentchatbus.plugin_api import Plugin
from agentchatbus.plugins import PluginManager, PluginSelection
from agentchatbus.testing import MakeBus
from tests.plugins.mcp_site import WAYS_IN, Site, serving, until

FILES = tuple(Path(__file__).with_name(f"conformance_{part}.py") for part in ("tools", "offers"))
ACCEPTED = {
    "name": "Alice",
    "ok": True,
    "username": "alice",
    "email": "a@example.org",
    "color": "blue",
    "context": "tea",
}
TOLERATED = pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")


def plugins() -> list[Plugin[Any]]:
    """Load the plugins by their paths, as a configuration does."""
    manager = PluginManager(PluginSelection(enable=(), paths=FILES))
    manager.load()
    return list(manager.active.values())


class Person:
    """What is at the other end of a client: somebody who answers, a model, and folders."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.heard: list[Any] = []
        self.told: list[str] = []

    async def fill_in(self, _context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        assert isinstance(params, types.ElicitRequestFormParams)
        self.asked.append(params.message)
        wanted = params.requested_schema["properties"]
        return types.ElicitResult(
            action="accept", content={key: value for key, value in ACCEPTED.items() if key in wanted}
        )

    async def think(self, _context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        [message] = params.messages
        self.asked.append(message.content.text)  # type: ignore[union-attr]
        content = types.TextContent(type="text", text="Paris")
        return types.CreateMessageResult(role="assistant", content=content, model="test")

    async def roots(self, _context: Any) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri="file:///folder", name="Folder")])  # type: ignore[arg-type]

    async def hear(self, params: types.LoggingMessageNotificationParams) -> None:
        self.heard.append(params.data)

    async def notice(self, message: Any) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            self.told.append(str(message.params.uri))

    def client(self, site: Site, way_in: str, **options: Any) -> Client:
        return site.client(
            way_in,
            elicitation_callback=self.fill_in,
            sampling_callback=self.think,
            list_roots_callback=self.roots,
            logging_callback=self.hear,
            message_handler=self.notice,
            log_level="debug" if way_in.endswith("modern") else None,
            **options,
        )


async def texts(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return " ".join(block.text for block in result.content if isinstance(block, types.TextContent))


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_every_kind_of_content_arrives(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus, more=plugins()) as site, site.client(way_in) as client:
        assert await texts(client, "test_simple_text") == "This is a simple text response for testing."
        [image] = (await client.call_tool("test_image_content", {})).content
        [audio] = (await client.call_tool("test_audio_content", {})).content
        [resource] = (await client.call_tool("test_embedded_resource", {})).content
        mixed = (await client.call_tool("test_multiple_content_types", {})).content
        failed = await client.call_tool("test_error_handling", {})
    assert isinstance(image, types.ImageContent)
    assert (image.mime_type, base64.b64decode(image.data)[:4]) == ("image/png", b"\x89PNG")
    assert isinstance(audio, types.AudioContent)
    assert (audio.mime_type, base64.b64decode(audio.data)[:4]) == ("audio/wav", b"RIFF")
    assert isinstance(resource, types.EmbeddedResource)
    assert resource.resource.uri == "test://embedded-resource"
    assert [block.type for block in mixed] == ["text", "image", "resource", "resource_link"]
    assert failed.is_error


@TOLERATED
@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_running_tool_tells_its_client(make_bus: MakeBus, way_in: str) -> None:
    person, progress = Person(), []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        progress.append((done, total))

    async with serving(make_bus, more=plugins()) as site, person.client(site, way_in) as client:
        calling = client.call_tool("test_tool_with_progress", {}, progress_callback=on_progress)
        await advanced(site, calling)
        assert progress == [(0, 100), (50, 100), (100, 100)]
        await advanced(site, client.call_tool("test_tool_with_logging", {}))
        await until(lambda: len(person.heard) == 3)


async def advanced(site: Site, calling: Any) -> None:
    """Let a call run to its end, moving the clock whenever it waits."""
    task = asyncio.create_task(calling)
    for _ in range(3):
        await site.harness.until_blocked()
        site.harness.clock.advance(0.05)  # type: ignore[attr-defined]
    await task


@TOLERATED
@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_running_tool_asks_its_client(make_bus: MakeBus, way_in: str) -> None:
    person = Person()
    async with serving(make_bus, more=plugins()) as site, person.client(site, way_in) as client:
        assert await texts(client, "test_sampling", prompt="Capital?") == "LLM response: Paris"
        assert "alice" in await texts(client, "test_elicitation", message="Who?")
        assert "action=accept" in await texts(client, "test_elicitation_sep1034_defaults")
        assert "action=accept" in await texts(client, "test_elicitation_sep1330_enums")
        assert await texts(client, "test_input_required_result_elicitation") == "Hello, Alice!"
        assert await texts(client, "test_input_required_result_multiple_inputs") == "3 answers"
        assert await texts(client, "test_input_required_result_multi_round") == "Alice likes blue."
        assert "file:///folder" in await texts(client, "test_input_required_result_list_roots")
        prompt = await client.get_prompt("test_input_required_result_prompt")
    assert person.asked[:2] == ["Capital?", "Who?"]
    [message] = prompt.messages
    assert message.content.text == "Context: tea"  # type: ignore[union-attr]


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_a_client_without_the_ability_is_refused(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus, more=plugins()) as site, site.client(way_in) as client:
        if way_in.endswith("modern"):
            with pytest.raises(MCPError) as caught:
                await client.call_tool("test_missing_capability", {})
            assert (caught.value.code, caught.value.data) == (-32021, {"requiredCapabilities": {"sampling": {}}})
        else:
            assert (await client.call_tool("test_missing_capability", {})).is_error


async def test_a_state_that_was_changed_is_refused(make_bus: MakeBus) -> None:
    person, tool = Person(), "test_input_required_result_tampered_state"
    async with serving(make_bus, more=plugins()) as site, person.client(site, "http-modern") as client:
        asked = await client.session.call_tool(tool, {}, allow_input_required=True)
        assert isinstance(asked, types.InputRequiredResult)
        with pytest.raises(MCPError, match="requestState"):
            await client.session.call_tool(
                tool, {}, request_state=f"{asked.request_state}-TAMPERED", allow_input_required=True
            )


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_resources_of_plugins_are_listed_read_and_completed(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus, more=plugins()) as site, site.client(way_in) as client:
        uris = {str(item.uri) for item in (await client.list_resources()).resources}
        templates = {item.uri_template for item in (await client.list_resource_templates()).resource_templates}
        [text] = (await client.read_resource("test://static-text")).contents
        [blob] = (await client.read_resource("test://static-binary")).contents
        [data] = (await client.read_resource("test://template/123/data")).contents
        reference = types.ResourceTemplateReference(uri="test://template/{id}/data")
        completed = await client.complete(reference, {"name": "id", "value": "12"})
        with pytest.raises(MCPError):
            await client.read_resource("test://nothing")
    assert {"test://static-text", "test://static-binary", "test://watched-resource"} < uris
    assert "test://template/{id}/data" in templates
    assert isinstance(text, types.TextResourceContents)
    assert isinstance(blob, types.BlobResourceContents)
    assert blob.mime_type == "image/png"
    assert isinstance(data, types.TextResourceContents)
    assert json.loads(data.text)["id"] == "123"
    assert completed.completion.values == ["12", "123"]


@TOLERATED
async def test_a_resource_of_a_plugin_is_watched_in_both_eras(make_bus: MakeBus) -> None:
    uri, person = "test://watched-resource", Person()
    async with serving(make_bus, more=plugins()) as site:
        async with person.client(site, "http-legacy") as client:
            await client.subscribe_resource(uri)
            await site.harness.post("Hello")
            await until(lambda: person.told == [uri])
        async with site.client("http-modern") as client, client.listen(resource_subscriptions=[uri]) as events:
            await site.harness.post("Hello again")
            assert (await anext(aiter(events))).uri == uri  # type: ignore[union-attr]


@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_prompts_of_plugins_are_listed_and_filled_in(make_bus: MakeBus, way_in: str) -> None:
    async with serving(make_bus, more=plugins()) as site, site.client(way_in) as client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        both = {"arg1": "one", "arg2": "two"}
        written = await client.get_prompt("test_prompt_with_arguments", both)
        image = await client.get_prompt("test_prompt_with_image")
        resource = await client.get_prompt("test_prompt_with_embedded_resource", {"resourceUri": "test://x"})
        completed = await client.complete(
            types.PromptReference(name="test_prompt_with_arguments"), {"name": "arg1", "value": "1"}
        )
        with pytest.raises(MCPError, match="needs: arg2"):
            await client.get_prompt("test_prompt_with_arguments", {"arg1": "one"})
    assert names[:2] == ["summarize_thread", "handoff_to_agent"]
    assert {"test_simple_prompt", "test_input_required_result_prompt"} < set(names)
    assert kinds(written.messages) == ["text"]
    assert kinds(image.messages) == ["image", "text"]
    assert kinds(resource.messages) == ["resource", "text"]
    assert completed.completion.values == ["1", "12", "123"]


def kinds(messages: Sequence[types.PromptMessage]) -> list[str]:
    return [message.content.type for message in messages]
