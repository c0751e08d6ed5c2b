"""Pictures that agents put into metadata as base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from agentchatbus.plugin_api import MessageDraft, Metadata, TooLarge, freeze, thaw
from agentchatbus_attachments.keeping import Keeper
from agentchatbus_attachments.kinds import IMAGES, clean_name, image_extension

CONTAINERS = ("attachments", "images", "image")
"""Keys of metadata that hold pictures, each one object or a list of them."""

DATA = ("data", "base64", "b64", "data_url")
NAMES = ("name", "file_name", "filename", "title")
MIME = "mimeType"


async def with_files(draft: MessageDraft, keeper: Keeper, *, inline_bytes: int, max_bytes: int) -> MessageDraft | None:
    """Return the message with its pictures stored as files, None when they are small enough to stay.

    Raises:
        TooLarge: A picture is over the limit, or there is no room for it.
    """
    size = sum(len(text) for entry in _entries(draft.metadata) for text in _data(entry))
    if size <= inline_bytes:
        return None
    metadata: dict[str, Any] = thaw(draft.metadata)
    moved = [await _move(entry, keeper, max_bytes) for entry in _entries(metadata)]
    return replace(draft, metadata=freeze(metadata)) if any(moved) else None


async def _move(entry: dict[str, Any], keeper: Keeper, max_bytes: int) -> bool:
    """Replace an entry's data by the address of a file; what is no picture stays."""
    content = _decoded(next(iter(_data(entry)), ""))
    extension = image_extension(content)
    if extension is None:
        return False
    if len(content) > max_bytes:
        raise TooLarge(
            f"A picture has {len(content)} bytes; the limit is {max_bytes}. Make it smaller.",
            field="metadata",
            size=len(content),
            limit=max_bytes,
        )
    name = next((entry[key] for key in NAMES if isinstance(entry.get(key), str) and entry[key]), "")
    url = await keeper.store(content, extension, clean_name(name) if name else "")
    for key in (*DATA, "mime_type"):
        entry.pop(key, None)
    entry.setdefault("type", "image")
    entry |= {"url": url, MIME: IMAGES[extension]}
    return True


def _entries(metadata: Metadata | dict[str, Any]) -> Iterator[Any]:
    for key in CONTAINERS:
        held = metadata.get(key)
        for item in held if isinstance(held, list | tuple) else (held,):
            if isinstance(item, Mapping):
                yield item


def _data(entry: Mapping[str, Any]) -> Iterator[str]:
    return (entry[key] for key in DATA if isinstance(entry.get(key), str) and entry[key])


def _decoded(text: str) -> bytes:
    """Return the bytes of base64 or of a ``data:`` URL, none when it is neither."""
    head, comma, payload = text.partition(",")
    if comma and head.startswith("data:"):
        text = payload if head.endswith(";base64") else ""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
