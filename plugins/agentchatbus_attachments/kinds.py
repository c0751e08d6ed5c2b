"""What a file is, by its first bytes; and which names files have here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

PREFIX = "/static/uploads/"
"""How the addresses of all files begin."""

IMAGES: Mapping[str, str] = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}
"""The pictures that browsers and models read, by ending."""

ALIASES: Mapping[str, str] = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg"}
SHOWN = ".jpg, .jpeg, .png, .gif, .webp"
"""The endings as a refusal lists them."""

TEXTS = frozenset({".csv", ".diff", ".json", ".log", ".md", ".patch", ".toml", ".txt", ".yaml", ".yml"})
FILE_TYPES = (*sorted(TEXTS), ".pdf", ".zip")
OCTETS = "application/octet-stream"
MEDIA: Mapping[str, str] = {
    **dict.fromkeys(TEXTS, "text/plain; charset=utf-8"),
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}

EXTENSION = re.compile(r"\.[a-z0-9]{1,10}")
STORED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\.[A-Za-z0-9]{1,10}")
"""The name of a file in the folder; it cannot lead elsewhere."""

HASHED = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,10}")
"""Such a name says what is in the file, so that is for ever the same."""

ADDRESS = re.compile(re.escape(PREFIX) + f"({STORED.pattern})")
LONGEST_NAME = 200
MAX_NAMES = 100
"""Files that one message can refer to; it keeps no more of them."""

BEGINNINGS: Mapping[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".zip": (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"),
}
"""What files of an ending begin with."""

WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How a text begins whose characters have two or four bytes, many of them zero."""

WEBP_MARK = 8
"""Where ``WEBP`` stands in such a file; sound and video begin with ``RIFF`` too."""


def extension_of(name: str) -> str:
    """Return the ending of a file name, the usual one where there are several; empty when there is none."""
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return ALIASES.get(suffix, suffix)


def image_extension(head: bytes) -> str | None:
    """Return the ending that fits the first bytes of a picture, None when it is none."""
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ".gif"
    return ".webp" if head.startswith(b"RIFF") and head[WEBP_MARK : WEBP_MARK + 4] == b"WEBP" else None


def fits(content: bytes, extension: str) -> bool:
    """Return whether bytes can be what the ending of their name says; any ending but a known one fits."""
    if extension in IMAGES:
        return image_extension(content) == extension
    if extension in TEXTS:
        return _is_text(content)
    return content.startswith(BEGINNINGS.get(extension, b""))


def clean_name(given: str) -> str:
    """Return a client's file name without folders and without characters that cannot be seen."""
    last = given.replace("\\", "/").rpartition("/")[2]
    seen = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(" .")
    if len(seen) > LONGEST_NAME:
        ending = PurePosixPath(seen).suffix[:11]
        seen = seen[: LONGEST_NAME - len(ending)] + ending
    return seen or "file"


def names_in(content: str, metadata: Any) -> list[str]:
    """Return the names of all files that a message refers to, each once."""
    found: dict[str, None] = {}
    for text in (content, *_texts(metadata)):
        if PREFIX in text:
            found |= dict.fromkeys(ADDRESS.findall(text))
    return list(found)[:MAX_NAMES]


def _is_text(content: bytes) -> bool:
    """Programs and archives have zero bytes, which a text has only if it begins by saying so."""
    if image_extension(content) or any(map(content.startswith, BEGINNINGS.values())):
        return False
    return b"\0" not in content or content.startswith(WIDE)


def _texts(value: Any) -> Iterator[str]:
    todo = [value] if value else []
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            todo.extend(item.values())
        elif isinstance(item, list | tuple):
            todo.extend(item)
