"""What the bytes of files and pictures have to be, uploaded or inside of metadata."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import InvalidRequest
from agentchatbus.testing import BusHarness, MakeBus
from tests.plugins.attachments_kit import GIF, JPEG, WEBP, attachments, data_in, inline, png, upload, uploaded
from tests.plugins.rest_kit import Rest, open_rest

PNG = png()
PICTURES = [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")]


async def site(make_bus: MakeBus, folder: Path) -> Rest:
    return await open_rest(make_bus, plugins=[attachments()], settings=data_in(folder))


async def kept(bus: BusHarness, entry: dict[str, Any]) -> dict[str, Any]:
    """Post an entry and return what became of it."""
    posted = await bus.post("x", metadata={"attachments": [entry]})
    return dict(posted.message.metadata["attachments"][0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"MZ\x90\0\x03\0\0\0"),
        ("a.log", b"\x7fELF\x02\x01\x01\0"),
        ("a.md", PNG),
        ("a.json", JPEG),
        ("a.csv", b"PK\x03\x04archive"),
        ("a.txt", b"%PDF-1.7"),
        ("a.txt", b"a text\0"),
        ("a.pdf", b"<html>"),
        ("a.zip", b"MZ"),
        ("a.zip", b""),
    ],
)
async def test_a_file_that_is_not_what_its_ending_says_is_refused(
    make_bus: MakeBus, tmp_path: Path, name: str, content: bytes
) -> None:
    answer = await upload(await site(make_bus, tmp_path), content, name, "file")
    assert (answer.status_code, answer.json()) == (400, {"detail": "File content does not match its extension"})
    assert not (tmp_path / "uploads").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b""),
        ("a.txt", "Grüße".encode("latin-1")),
        ("a.txt", "Grüße".encode("utf-16")),
        ("a.patch", b"#!/bin/sh\nMZ\n"),
        ("a.pdf", b"%PDF-1.7"),
        ("a.zip", b"PK\x05\x06" + bytes(18)),
    ],
)
async def test_a_file_that_is_what_its_ending_says_is_kept(
    make_bus: MakeBus, tmp_path: Path, name: str, content: bytes
) -> None:
    rest = await site(make_bus, tmp_path)
    assert (await rest.http.get(await uploaded(rest, content, name, "file"))).content == content


@pytest.mark.parametrize(("content", "true"), PICTURES)
@pytest.mark.parametrize("said", [{"mimeType": "image/bmp"}, {"mime_type": "image/svg+xml"}, {"mimeType": "text/html"}])
async def test_a_picture_in_the_metadata_has_the_type_of_its_bytes(
    make_bus: MakeBus, tmp_path: Path, content: bytes, true: str, said: dict[str, str]
) -> None:
    rest = await site(make_bus, tmp_path)
    data = base64.b64encode(content).decode()
    assert await kept(rest.bus, {"type": "image", "data": data, **said}) == {
        "type": "image",
        "data": data,
        "mimeType": true,
    }


async def test_a_picture_whose_type_is_right_stays_as_it_was_posted(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    data = base64.b64encode(PNG).decode()
    for entry in (
        {"data": data},
        {"type": "image", "b64": data, "mime_type": "image/png"},
        {"data_url": f"data:image/png;base64,{data}"},
        {"type": "file", "data": data},
    ):
        assert await kept(rest.bus, entry) == entry


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "image", "mimeType": "image/png", "data": "%%%"},
        {"kind": "IMAGE", "base64": "!!!notbase64" * 3000},
        {"b64": "a", "mime_type": "image/png"},
        {"data_url": "data:image/png;base64,<html>"},
    ],
)
async def test_a_picture_that_is_no_base64_is_refused(make_bus: MakeBus, tmp_path: Path, entry: dict[str, str]) -> None:
    rest = await site(make_bus, tmp_path)
    with pytest.raises(InvalidRequest, match="The data of a picture are no base64"):
        await kept(rest.bus, entry)
    assert await rest.bus.messages() == []


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "file", "name": "notes.txt", "data": "plain words!"},
        {"data": "<script>"},
        {"type": "image", "data": "data:image/svg+xml,%3Csvg/%3E"},
        {"type": "image", "mimeType": "image/png", "data": base64.b64encode(b"<html>").decode()},
    ],
)
async def test_what_nobody_is_shown_as_a_picture_may_be_whatever_it_is(
    make_bus: MakeBus, tmp_path: Path, entry: dict[str, str]
) -> None:
    rest = await site(make_bus, tmp_path)
    assert await kept(rest.bus, entry) == entry


async def test_base64_as_tools_write_it_is_understood(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    shot = PNG + bytes(range(256)) * 200
    for data in (base64.encodebytes(shot).decode(), base64.urlsafe_b64encode(shot).decode().rstrip("=")):
        entry = await kept(rest.bus, {"type": "image", "data": data})
        assert (await rest.http.get(entry["url"])).content == shot


async def test_pictures_among_other_entries_are_all_looked_at(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    wrong = inline(JPEG, mimeType="image/png")["attachments"][0]
    posted = await rest.bus.post("x", metadata={"attachments": ["text", 7, wrong], "image": wrong})
    assert posted.message.metadata["attachments"][2]["mimeType"] == "image/jpeg"
    assert posted.message.metadata["image"]["mimeType"] == "image/jpeg"
