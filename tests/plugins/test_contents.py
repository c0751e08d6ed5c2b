"""An operation that answers with more than data, over every transport."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import httpx
from mcp_types import ImageContent, TextContent

from agentchatbus.plugin_api import (
    Bus,
    Call,
    Contents,
    EmbeddedResource,
    Image,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    ResourceLink,
    Route,
    Text,
    freeze,
    hookimpl,
)
from agentchatbus.testing import MakeBus
from agentchatbus_rest import RestPlugin
from tests.plugins.mcp_site import serving

PICTURE = b"\x89PNG\r\n"


class SketchPlugin(Plugin[PluginSettings]):
    """Draws."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        async def draw(params: Params, call: Call) -> Contents:
            blocks = (
                Text(text="A house"),
                Image(data=PICTURE, mime_type="image/png"),
                EmbeddedResource(uri="sketch://1", mime_type="application/octet-stream", body=b"\x00"),
                ResourceLink(uri="sketch://2", name="Second"),
            )
            return Contents(blocks=blocks, data=freeze({"lines": 3}))

        route = Route(method="GET", path="/api/sketch")
        return [Operation(name="sketch", summary="Draw.", params=Params, result=Contents, handler=draw, route=route)]


async def test_content_is_shown_as_blocks_over_mcp_and_as_json_over_rest(make_bus: MakeBus) -> None:
    plugins: list[Plugin[Any]] = [SketchPlugin(), RestPlugin(RestPlugin.settings_type())]
    async with serving(make_bus, more=plugins) as site:
        async with site.client("http-modern") as client:
            [tool] = [item for item in (await client.list_tools()).tools if item.name == "sketch"]
            result = await client.call_tool("sketch", {})
        async with httpx.AsyncClient(base_url=site.url) as http:
            answer = (await http.get("/api/sketch")).json()
    assert tool.output_schema is None
    assert [block.type for block in result.content] == ["text", "image", "resource", "resource_link"]
    assert isinstance(result.content[0], TextContent)
    assert isinstance(result.content[1], ImageContent)
    assert base64.b64decode(result.content[1].data) == PICTURE
    assert result.structured_content == {"lines": 3}
    assert [block["type"] for block in answer["blocks"]] == ["text", "image", "resource", "resource_link"]
    assert base64.b64decode(answer["blocks"][1]["data"]) == PICTURE
    assert answer["data"] == {"lines": 3}
