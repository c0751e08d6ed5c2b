"""Pictures and files of a message as content blocks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from agentchatbus.plugin_api import freeze
from agentchatbus_mcp.presenters.blocks import attachment_blocks
from agentchatbus_mcp.schemas import input_schema, output_schema

DATA = base64.b64encode(b"picture").decode()


def image(mime: str = "image/png") -> list[dict[str, Any]]:
    return [{"type": "image", "data": DATA, "mimeType": mime}]


def text(line: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": line}]


CASES: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({}, []),
    ({"attachments": [{"type": "image", "data": DATA, "mimeType": "image/gif"}]}, image("image/gif")),
    ({"attachments": {"kind": "IMAGE", "base64": DATA}}, image()),
    ({"image": {"b64": DATA}}, image()),
    ({"images": [{"data_url": f"data:image/webp;base64,{DATA}"}]}, image("image/webp")),
    ({"images": [{"data": f"data:image/webp;base64,{DATA}", "mime_type": "image/png"}]}, image("image/png")),
    ({"attachments": [{"type": "file", "data": DATA, "mimeType": "image/jpeg"}]}, image("image/jpeg")),
    ({"attachments": [{"type": "file", "data": DATA}]}, []),
    ({"attachments": [{"data": DATA, "mimeType": "application/pdf"}]}, []),
    ({"attachments": [{"type": "image", "data": "not base64!"}]}, []),
    ({"attachments": [{"data": "data:image/png,plain"}]}, []),
    ({"images": [{"url": "/static/uploads/a.png"}]}, text("[image] /static/uploads/a.png")),
    ({"images": [{"src": "https://x.example/a.png", "type": "image"}]}, text("[image] https://x.example/a.png")),
    ({"attachments": [{"type": "file", "url": "https://x.example/a.pdf"}]}, text("[file] https://x.example/a.pdf")),
    ({"attachments": None, "images": [{"data": DATA}]}, image()),
    ({"attachments": [], "images": [{"data": DATA}]}, []),
    ({"attachments": ["text", 5, {"data": DATA}]}, image()),
    ({"attachments": "text"}, []),
    ({"attachments": [{"type": 5, "data": 7, "url": None}]}, []),
]


@pytest.mark.parametrize(("metadata", "blocks"), CASES)
def test_attachments_become_blocks(metadata: dict[str, Any], blocks: list[dict[str, Any]]) -> None:
    assert list(attachment_blocks(freeze(metadata))) == blocks


def test_a_schema_that_contains_itself_is_cut_off() -> None:
    schema = {
        "$defs": {"Node": {"type": "object", "title": "Node", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
        "properties": {"title": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}], "default": None}},
        "type": "object",
    }
    node = {"type": "object", "properties": {"next": {"type": "object"}}}
    assert input_schema(schema) == {"type": "object", "properties": {"title": node}}


def test_results_that_may_be_null_say_so() -> None:
    assert output_schema(int | None) == {"type": ["integer", "null"]}
    assert output_schema(dict[str, int] | list[int] | None)["anyOf"][-1] == {"type": "null"}


def test_results_that_cannot_be_described_may_be_anything() -> None:
    assert output_schema(type(lambda: None)) == {}
