"""Pictures and files of a message as content blocks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from agentchatbus.plugin_api import freeze
from agentchatbus_mcp.presenters.blocks import attachment_blocks
from agentchatbus_mcp.schemas import input_schema, output_schema


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


PNG, JPEG = encoded(b"\x89PNG\r\n\x1a\n picture"), encoded(b"\xff\xd8\xff picture")
GIF, WEBP = encoded(b"GIF89a picture"), encoded(b"RIFF\x0a\0\0\0WEBP picture")
HTML, WAV = encoded(b"<html>"), encoded(b"RIFF\x0a\0\0\0WAVE sound")


def image(data: str = PNG, mime: str = "image/png") -> list[dict[str, Any]]:
    return [{"type": "image", "data": data, "mimeType": mime}]


def text(line: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": line}]


CASES: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({}, []),
    ({"attachments": [{"type": "image", "data": GIF, "mimeType": "image/gif"}]}, image(GIF, "image/gif")),
    ({"attachments": {"kind": "IMAGE", "base64": PNG}}, image()),
    ({"image": {"b64": PNG}}, image()),
    ({"images": [{"data_url": f"data:image/webp;base64,{WEBP}"}]}, image(WEBP, "image/webp")),
    ({"images": [{"data": f"data:image/webp;base64,{PNG}", "mime_type": "image/png"}]}, image()),
    ({"attachments": [{"type": "file", "data": JPEG, "mimeType": "image/jpeg"}]}, image(JPEG, "image/jpeg")),
    ({"attachments": [{"type": "file", "data": PNG}]}, []),
    ({"attachments": [{"data": PNG, "mimeType": "application/pdf"}]}, []),
    ({"attachments": [{"type": "image", "data": "not base64!"}]}, []),
    ({"attachments": [{"data": "data:image/png,plain"}]}, []),
    ({"images": [{"url": "/static/uploads/a.png"}]}, text("[image] /static/uploads/a.png")),
    ({"images": [{"src": "https://x.example/a.png", "type": "image"}]}, text("[image] https://x.example/a.png")),
    ({"attachments": [{"type": "file", "url": "https://x.example/a.pdf"}]}, text("[file] https://x.example/a.pdf")),
    ({"attachments": None, "images": [{"data": PNG}]}, image()),
    ({"attachments": [], "images": [{"data": PNG}]}, []),
    ({"attachments": ["text", 5, {"data": PNG}]}, image()),
    ({"attachments": "text"}, []),
    ({"attachments": [{"type": 5, "data": 7, "url": None}]}, []),
]

BY_ITS_BYTES: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"type": "image", "data": HTML, "mimeType": "image/png"}, []),
    ({"type": "image", "data": WAV, "mimeType": "image/webp"}, []),
    ({"type": "image", "data": HTML, "mimeType": "image/svg+xml"}, []),
    ({"type": "image", "data": JPEG, "mimeType": "image/png"}, image(JPEG, "image/jpeg")),
    ({"type": "image", "data": WEBP}, image(WEBP, "image/webp")),
    ({"type": "image", "data": f"data:image/png;base64,{GIF}"}, image(GIF, "image/gif")),
    ({"type": "image", "data": f"{PNG[:8]}\r\n{PNG[8:]}\n"}, image()),
    ({"type": "image", "data": GIF.rstrip("=")}, image(GIF, "image/gif")),
    ({"type": "image", "data": JPEG.replace("/", "_")}, image(JPEG, "image/jpeg")),
]


@pytest.mark.parametrize(("entry", "blocks"), BY_ITS_BYTES)
def test_a_picture_is_what_its_bytes_are(entry: dict[str, Any], blocks: list[dict[str, Any]]) -> None:
    assert list(attachment_blocks(freeze({"attachments": [entry]}))) == blocks


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
