"""Messages as content blocks: text for the words, images as images."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentchatbus.plugin_api import Files, Message, TooLarge, isoformat
from agentchatbus_mcp.presenters.base import Block, text_block

CONTAINERS = ("attachments", "images", "image")
DATA = ("data", "base64", "b64", "data_url")
URLS = ("url", "src")
URL_SAFE = str.maketrans("-_", "+/")
BEGINNINGS: Mapping[str, re.Pattern[bytes]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
"""How the pictures begin that models read, by type. A client refuses a whole result over one that is something else."""

MAX_PICTURE_BYTES = 8 * 1024 * 1024
"""Files that one result shows, in bytes; the newest messages go first, what is left over becomes a line of text."""

NO_PICTURES: Mapping[str, Block] = {}


async def pictures_of(messages: Sequence[Message], files: Files) -> Mapping[str, Block]:
    """Return the pictures that messages link to and this bus keeps, as blocks by their addresses."""
    found: dict[str, Block] = {}
    left = MAX_PICTURE_BYTES
    for message in reversed(messages):
        for url in [_address(entry) for entry in _entries(message.metadata)]:
            if url and url not in found and (picture := await _picture(url, files, left)):
                found[url] = picture
                left -= len(picture["data"]) * 3 // 4
    return found


async def _picture(url: str, files: Files, limit: int) -> Block | None:
    file = await files.read(url)
    if file is None or not file.media_type.startswith("image/"):
        return None
    try:
        body = (await file.whole(limit)).body
    except (OSError, TooLarge):
        return None
    return _image(body if isinstance(body, bytes) else body.encode())


def message_blocks(
    message: Message, *, with_attachments: bool, pictures: Mapping[str, Block] = NO_PICTURES
) -> Iterator[Block]:
    """Yield a line that says who and when, the text, and the pictures."""
    yield text_block(f"[{message.seq}] {message.author_name} ({message.role}) {isoformat(message.created_at)}")
    if message.content:
        yield text_block(message.content)
    if with_attachments:
        yield from attachment_blocks(message.metadata, pictures)


def attachment_blocks(metadata: Mapping[str, Any], pictures: Mapping[str, Block] = NO_PICTURES) -> Iterator[Block]:
    """Yield the pictures of a message's metadata; one that is linked to and not among `pictures` becomes a line."""
    for entry in _entries(metadata):
        if block := _block(entry, pictures):
            yield block


def _entries(metadata: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    container = next((metadata[key] for key in CONTAINERS if metadata.get(key) is not None), ())
    items: Sequence[Any] = [container] if isinstance(container, Mapping) else container
    if isinstance(items, list | tuple):
        yield from (item for item in items if isinstance(item, Mapping))


def _address(entry: Mapping[str, Any]) -> str:
    """Return where an entry without data of its own lies, nothing for any other."""
    return "" if _data(_first(entry, *DATA))[0] else _first(entry, *URLS)


def _block(entry: Mapping[str, Any], pictures: Mapping[str, Block]) -> Block | None:
    content, of_url = _data(_first(entry, *DATA))
    said = _first(entry, "mimeType", "mime_type") or of_url
    is_image = said.startswith("image/") if said else _first(entry, "type", "kind").lower() in ("", "image")
    if content:
        return _image(content) if is_image else None
    url = _first(entry, *URLS)
    if is_image and url in pictures:
        return pictures[url]
    return text_block(f"[{'image' if is_image else 'file'}] {url}") if url else None


def _image(content: bytes) -> Block | None:
    """Return the block of a picture, of the type that its bytes say; None when they are none."""
    found = next((kind for kind, beginning in BEGINNINGS.items() if beginning.match(content)), None)
    if found is None:
        return None
    return {"type": "image", "data": base64.b64encode(content).decode(), "mimeType": found}


def _first(entry: Mapping[str, Any], *names: str) -> str:
    return next((entry[name] for name in names if isinstance(entry.get(name), str) and entry[name]), "")


def _data(given: str) -> tuple[bytes, str]:
    """Return the bytes of base64 or of a ``data:`` URL, none when it is neither, and the media type of the URL."""
    head, comma, payload = given.partition(",")
    mime = ""
    if comma and head.startswith("data:"):
        mime = head.removeprefix("data:").partition(";")[0]
        given = payload if head.endswith(";base64") else ""
    plain = "".join(given.split()).translate(URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True), mime
    except (binascii.Error, ValueError):
        return b"", mime
