"""A bus with attachments under test, and files to send."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from agentchatbus.plugin_api import BusSettings, Storage, StorageContext, StorageOffer
from agentchatbus.testing import MemoryStorage
from agentchatbus_attachments import AttachmentsPlugin, AttachmentsSettings
from tests.plugins.rest_kit import Rest


def png(pixels: bytes = b"\x00\x00\x00\x00") -> bytes:
    """Return a small PNG file with some bytes of its own."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


JPEG = b"\xff\xd8\xff\xe0" + b"jpeg"
GIF = b"GIF89a" + b"gif"
WEBP = b"RIFF\x04\x00\x00\x00WEBPVP8 "
WAV = b"RIFF\x04\x00\x00\x00WAVEfmt "


def attachments(**settings: Any) -> AttachmentsPlugin:
    """Return the plugin."""
    return AttachmentsPlugin(AttachmentsSettings(**settings))


def data_in(folder: Path) -> BusSettings:
    """Return settings of a bus that keeps its files in a folder."""
    return BusSettings(data_dir=folder)


async def upload(rest: Rest, content: bytes, name: str = "a.png", kind: str = "image") -> httpx.Response:
    """Upload a file as browsers do."""
    return await rest.http.post(f"/api/upload/{kind}", files={"file": (name, content, "application/x-anything")})


async def uploaded(rest: Rest, content: bytes, name: str = "a.png", kind: str = "image") -> str:
    """Upload a file that has to be taken, and return its address."""
    answer = await upload(rest, content, name, kind)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def inline(content: bytes, **more: Any) -> dict[str, Any]:
    """Return metadata with a picture as agents post it."""
    return {"attachments": [{"type": "image", "data": base64.b64encode(content).decode(), **more}]}


def offer_of(storage: MemoryStorage) -> StorageOffer:
    """Return an offer of a storage that outlives the buses on it."""

    @asynccontextmanager
    async def kept(_: StorageContext) -> AsyncIterator[Storage]:
        yield storage

    return StorageOffer(name="memory", open=kept)
