"""Pictures of messages as MCP clients see them."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.testing import MakeBus
from agentchatbus_mcp.presenters import blocks
from tests.plugins.attachments_kit import JPEG, attachments, data_in, inline, png
from tests.plugins.mcp_site import client_of

PNG = png()
HEAD = re.compile(r"\[\d+\] ")


async def shown(make_bus: MakeBus, folder: Path, *messages: dict[str, Any], **arguments: Any) -> list[dict[str, Any]]:
    """Return the blocks that ``msg_list`` shows of messages, the lines with their authors aside."""
    bus = await make_bus(plugins=[attachments()], settings=data_in(folder))
    for metadata in messages:
        await bus.post("look", metadata=metadata)
    async with client_of(bus) as client:
        result = await client.call_tool(
            "msg_list", {"thread_id": bus.thread, "include_system_prompt": False, **arguments}
        )
    found = [block.model_dump(mode="json", exclude_none=True, by_alias=True) for block in result.content]
    return [block for block in found if block.get("text") != "look" and not HEAD.match(block.get("text", ""))]


async def test_a_picture_that_became_a_file_is_shown_as_a_picture(make_bus: MakeBus, tmp_path: Path) -> None:
    shot = PNG + bytes(200_000)
    (block,) = await shown(make_bus, tmp_path, inline(shot))
    assert (block["type"], block["mimeType"]) == ("image", "image/png")
    assert base64.b64decode(block["data"]) == shot


async def test_what_only_says_to_be_a_picture_is_kept_and_not_shown(make_bus: MakeBus, tmp_path: Path) -> None:
    assert await shown(make_bus, tmp_path, inline(b"<html>", mimeType="image/png")) == []


async def test_a_picture_is_shown_as_what_its_bytes_are(make_bus: MakeBus, tmp_path: Path) -> None:
    (block,) = await shown(make_bus, tmp_path, inline(JPEG, mimeType="image/png"))
    assert (block["type"], block["mimeType"]) == ("image", "image/jpeg")


@pytest.mark.parametrize(
    "url", ["/static/uploads/none.png", "/static/uploads/../bus.db", "https://x.example/a.png", "/etc/passwd"]
)
async def test_a_picture_that_is_not_there_is_a_line(make_bus: MakeBus, tmp_path: Path, url: str) -> None:
    (block,) = await shown(make_bus, tmp_path, {"images": [{"url": url, "name": "x"}]})
    assert (block["type"], block["text"]) == ("text", f"[image] {url}")


async def test_a_picture_of_an_import_is_shown(make_bus: MakeBus, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb001.png").write_bytes(PNG)
    url = "/static/uploads/6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb001.png"
    (block,) = await shown(make_bus, tmp_path, {"images": [{"url": url, "name": "x"}]})
    assert base64.b64decode(block["data"]) == PNG


async def test_a_file_that_is_no_picture_is_a_line(make_bus: MakeBus, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "notes.txt").write_bytes(b"notes")
    (block,) = await shown(make_bus, tmp_path, {"attachments": [{"type": "file", "url": "/static/uploads/notes.txt"}]})
    assert block["text"] == "[file] /static/uploads/notes.txt"


async def test_without_attachments_no_file_is_read(make_bus: MakeBus, tmp_path: Path) -> None:
    assert await shown(make_bus, tmp_path, inline(PNG + bytes(200_000)), include_attachments=False) == []


async def test_one_result_holds_no_more_than_it_may(
    make_bus: MakeBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest pictures are shown, the others named."""
    monkeypatch.setattr(blocks, "MAX_PICTURE_BYTES", 150_000)
    pictures = [inline(png(bytes([number])) + bytes(100_000)) for number in range(2)]
    found = await shown(make_bus, tmp_path, *pictures)
    assert [block["type"] for block in found] == ["text", "image"]
