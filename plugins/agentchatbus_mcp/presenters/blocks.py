"""Messages as content blocks: text for the words, images as images."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentchatbus.plugin_api import Message, isoformat
from agentchatbus_mcp.presenters.base import Block, text_block

CONTAINERS = ("attachments", "images", "image")
DEFAULT_TYPE = "image/png"


def message_blocks(message: Message, *, with_attachments: bool) -> Iterator[Block]:
    """Yield a line that says who and when, the text, and the pictures."""
    yield text_block(f"[{message.seq}] {message.author_name} ({message.role}) {isoformat(message.created_at)}")
    if message.content:
        yield text_block(message.content)
    if with_attachments:
        yield from attachment_blocks(message.metadata)


def attachment_blocks(metadata: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the pictures of a message's metadata; one that is only linked to becomes a line of text."""
    for entry in _entries(metadata):
        if block := _block(entry):
            yield block


def _entries(metadata: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    container = next((metadata[key] for key in CONTAINERS if metadata.get(key) is not None), ())
    items: Sequence[Any] = [container] if isinstance(container, Mapping) else container
    if isinstance(items, list | tuple):
        yield from (item for item in items if isinstance(item, Mapping))


def _block(entry: Mapping[str, Any]) -> Block | None:
    kind = _first(entry, "type", "kind").lower()
    mime = _first(entry, "mimeType", "mime_type")
    data, found = _data(_first(entry, "data", "base64", "b64", "data_url"))
    mime = mime or found or (DEFAULT_TYPE if kind == "image" else "")
    is_image = mime.startswith("image/") if mime else kind in ("", "image")
    if not data:
        url = _first(entry, "url", "src")
        return text_block(f"[{'image' if is_image else 'file'}] {url}") if url else None
    return {"type": "image", "data": data, "mimeType": mime or DEFAULT_TYPE} if is_image else None


def _first(entry: Mapping[str, Any], *names: str) -> str:
    return next((entry[name] for name in names if isinstance(entry.get(name), str) and entry[name]), "")


def _data(given: str) -> tuple[str, str]:
    """Return base64 data and the media type of a ``data:`` URL; clients refuse a whole result over broken base64."""
    head, comma, payload = given.partition(",")
    mime = ""
    if comma and head.startswith("data:"):
        mime = head.removeprefix("data:").partition(";")[0]
        given = payload if head.endswith(";base64") else ""
    try:
        base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return "", mime
    return given, mime
