"""What is attached to a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentchatbus.plugin_api import Metadata

CONTAINERS = ("attachments", "images", "image")
DATA = ("data", "base64", "b64", "data_url")
WEB = ("http://", "https://", "/")


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture or file: its address, empty for one that lies in the message itself."""

    name: str
    url: str


def attached(metadata: Metadata) -> Iterator[Attached]:
    """Yield what a message carries."""
    for key in CONTAINERS:
        held = metadata.get(key)
        for entry in held if isinstance(held, list | tuple) else (held,):
            if isinstance(entry, Mapping) and (found := _of(entry)):
                yield found


def _of(entry: Mapping[str, Any]) -> Attached | None:
    url, name = _text(entry, "url", "src"), _text(entry, "name", "file_name", "filename")
    if not url and not _text(entry, *DATA):
        return None
    return Attached(name or url.rpartition("/")[2] or "attachment", url if url.startswith(WEB) else "")


def _text(entry: Mapping[str, Any], *keys: str) -> str:
    return next((entry[key] for key in keys if isinstance(entry.get(key), str) and entry[key]), "")
