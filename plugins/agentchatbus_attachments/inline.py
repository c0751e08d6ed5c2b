"""Pictures that agents put into metadata as base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agentchatbus.plugin_api import InvalidRequest, MessageDraft, Metadata, TooLarge, freeze, thaw
from agentchatbus_attachments.keeping import Keeper
from agentchatbus_attachments.kinds import IMAGES, clean_name, image_extension

CONTAINERS = ("attachments", "images", "image")
"""Keys of metadata that hold pictures, each one object or a list of them."""

DATA = ("data", "base64", "b64", "data_url")
NAMES = ("name", "file_name", "filename", "title")
KINDS = ("type", "kind")
MIME = "mimeType"
MIMES = (MIME, "mime_type")
DEFAULT_TYPE = "image/png"
"""What a picture is taken for whose type nobody says."""

URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class _Inline:
    """An entry of the metadata with data of its own, and what kind of picture these are; empty when of none."""

    entry: dict[str, Any]
    content: bytes
    extension: str


async def with_files(draft: MessageDraft, keeper: Keeper, *, inline_bytes: int, max_bytes: int) -> MessageDraft | None:
    """Return the message with pictures of the right type, stored as files when they are large; None changes nothing.

    Raises:
        InvalidRequest: Data of a picture are no base64.
        TooLarge: A picture is over the limit, or there is no room for it.
    """
    size = sum(len(text) for entry in _entries(draft.metadata) for text in _data(entry))
    if not size:
        return None
    metadata: dict[str, Any] = thaw(draft.metadata)
    pictures = [found for entry in _entries(metadata) if (found := _read(entry)) and found.extension]
    if size > inline_bytes:
        for picture in pictures:
            await _move(picture, keeper, max_bytes)
        return replace(draft, metadata=freeze(metadata)) if pictures else None
    corrected = [_correct(picture) for picture in pictures]
    return replace(draft, metadata=freeze(metadata)) if any(corrected) else None


def _read(entry: dict[str, Any]) -> _Inline | None:
    text = next(iter(_data(entry)), "")
    if not text:
        return None
    content = _decoded(text)
    if content is None:
        if _claims_picture(entry):
            raise InvalidRequest(
                "The data of a picture are no base64. Encode its bytes as base64, or upload it and send its url.",
                field="metadata",
            )
        return None
    return _Inline(entry, content, image_extension(content) or "")


def _correct(picture: _Inline) -> bool:
    """Let an entry say of what type its picture is, whatever its author took it for; return whether it has to."""
    entry, true = picture.entry, IMAGES[picture.extension]
    default = DEFAULT_TYPE if _first(entry, KINDS).lower() in ("", "image") else ""
    if (_said_type(entry) or default) in ("", true):
        return False
    entry.pop("mime_type", None)
    entry[MIME] = true
    return True


async def _move(picture: _Inline, keeper: Keeper, max_bytes: int) -> None:
    """Replace an entry's data by the address of a file."""
    entry, content = picture.entry, picture.content
    if len(content) > max_bytes:
        raise TooLarge(
            f"A picture has {len(content)} bytes; the limit is {max_bytes}. Make it smaller.",
            field="metadata",
            size=len(content),
            limit=max_bytes,
        )
    name = _first(entry, NAMES)
    url = await keeper.store(content, picture.extension, clean_name(name) if name else "")
    for key in (*DATA, "mime_type"):
        entry.pop(key, None)
    entry.setdefault("type", "image")
    entry |= {"url": url, MIME: IMAGES[picture.extension]}


def _entries(metadata: Metadata | dict[str, Any]) -> Iterator[Any]:
    for key in CONTAINERS:
        held = metadata.get(key)
        for item in held if isinstance(held, list | tuple) else (held,):
            if isinstance(item, Mapping):
                yield item


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((entry[key] for key in keys if isinstance(entry.get(key), str) and entry[key]), "")


def _data(entry: Mapping[str, Any]) -> Iterator[str]:
    return (entry[key] for key in DATA if isinstance(entry.get(key), str) and entry[key])


def _claims_picture(entry: Mapping[str, Any]) -> bool:
    """Whether the author says that this is a picture; data of anything else may be whatever they like."""
    said = _said_type(entry)
    return said.startswith("image/") if said else _first(entry, KINDS).lower() == "image"


def _said_type(entry: Mapping[str, Any]) -> str:
    head, comma, _ = _first(entry, DATA).partition(",")
    of_url = head.removeprefix("data:").partition(";")[0] if comma and head.startswith("data:") else ""
    return _first(entry, MIMES) or of_url


def _decoded(text: str) -> bytes | None:
    """Return the bytes of base64 or of a ``data:`` URL, None when it is neither.

    Line breaks, the letters of URLs and missing padding do not matter: that is what tools write.
    """
    head, comma, payload = text.partition(",")
    if comma and head.startswith("data:"):
        if not head.endswith(";base64"):
            return b""
        text = payload
    plain = "".join(text.split()).translate(URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
