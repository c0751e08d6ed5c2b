"""Pictures and files on a disk that does not take them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchatbus.plugin_api import Unavailable
from agentchatbus.testing import MakeBus
from agentchatbus_attachments.settings import MEGABYTE
from tests.plugins.attachments_kit import attachments, data_in, inline, png, upload, uploaded
from tests.plugins.rest_kit import open_rest

LARGE = png() + bytes(600 * 1024)
IN_THE_WAY = "uploads"
"""A file of this name stands where the folder has to be made, which fails for every user of the machine."""


async def test_a_post_whose_picture_cannot_be_written_is_refused_and_others_go_on(
    make_bus: MakeBus, tmp_path: Path
) -> None:
    bus = await make_bus(plugins=[attachments()], settings=data_in(tmp_path))
    (tmp_path / IN_THE_WAY).touch()
    for _ in range(10):
        with pytest.raises(Unavailable, match=r"Files cannot be stored right now .*nothing was stored"):
            await bus.post("look", metadata=inline(LARGE))
    await bus.post("only words")
    (tmp_path / IN_THE_WAY).unlink()
    await bus.post("look again", metadata=inline(LARGE))
    assert [message.content for message in await bus.messages()] == ["only words", "look again"]
    assert {status.name: status.state for status in await bus.call("plugin_list")}["attachments"] == "active"


async def test_what_could_not_be_written_takes_no_room(make_bus: MakeBus, tmp_path: Path) -> None:
    plugin = attachments(max_folder_mb=1)
    rest = await open_rest(make_bus, plugins=[plugin], settings=data_in(tmp_path))
    (tmp_path / IN_THE_WAY).touch()
    for number in range(3):
        answer = await upload(rest, LARGE + bytes([number]))
        assert answer.status_code == 503, answer.text
        assert "Files cannot be stored right now" in answer.text
        assert str(tmp_path) not in answer.text
    (tmp_path / IN_THE_WAY).unlink()
    assert len(LARGE) < MEGABYTE < 2 * len(LARGE)
    await uploaded(rest, LARGE)


async def test_what_was_being_written_when_the_power_failed_is_gone_after_the_start(
    make_bus: MakeBus, tmp_path: Path
) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / ".draft-x1y2").write_bytes(LARGE)
    (uploads / "notes.of-a-person").write_text("not ours")
    await make_bus(plugins=[attachments()], settings=data_in(tmp_path))
    assert [path.name for path in uploads.iterdir()] == ["notes.of-a-person"]
