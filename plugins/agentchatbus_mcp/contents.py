"""Content of the bus as content blocks of MCP."""

from __future__ import annotations

import base64
from typing import Any, assert_never

from agentchatbus.plugin_api import Audio, Content, EmbeddedResource, Image, ResourceLink, Text

Block = dict[str, Any]


def block_of(content: Content | str) -> Block:
    """Return the block that shows a piece of content."""
    match content:
        case str():
            return {"type": "text", "text": content}
        case Text(text=text):
            return {"type": "text", "text": text}
        case Image(data=data, mime_type=mime_type):
            return {"type": "image", "data": _base64(data), "mimeType": mime_type}
        case Audio(data=data, mime_type=mime_type):
            return {"type": "audio", "data": _base64(data), "mimeType": mime_type}
        case ResourceLink():
            return _link(content)
        case EmbeddedResource():
            return {"type": "resource", "resource": resource_contents(content)}
        case _:
            assert_never(content)


def resource_contents(resource: EmbeddedResource) -> dict[str, Any]:
    """Return a resource with what is in it."""
    described = {"uri": resource.uri, "mimeType": resource.mime_type}
    if isinstance(resource.body, str):
        return {**described, "text": resource.body}
    return {**described, "blob": _base64(resource.body)}


def _link(link: ResourceLink) -> Block:
    block = {"type": "resource_link", "uri": link.uri, "name": link.name}
    if link.description:
        block["description"] = link.description
    if link.mime_type:
        block["mimeType"] = link.mime_type
    return block


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
