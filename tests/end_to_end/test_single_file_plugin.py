"""A plugin of one file, named in the configuration by its path, works on every way in."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.end_to_end.participant import McpSeat, RestSeat, Seat
from tests.end_to_end.processes import running_server

VETO = """
from agentchatbus.plugin_api import MessageDraft, Plugin, PluginSettings, Rejected, hookimpl


class VetoSettings(PluginSettings):
    word: str


class VetoPlugin(Plugin[VetoSettings]):
    settings_type = VetoSettings

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        if self.settings.word in draft.content:
            raise Rejected("That word is not welcome here.")
"""
CONFIGURATION = """
[plugins]
paths = ["veto.py"]

[plugins.veto]
word = "banana"
"""


def seat(kind: str, url: str) -> Seat:
    return RestSeat(url, "Fruit", kind) if kind == "rest" else McpSeat(kind, url, "Fruit", kind)


async def test_a_veto_holds_on_every_transport(tmp_path: Path) -> None:
    (tmp_path / "veto.py").write_text(VETO)
    (tmp_path / "bus.toml").write_text(CONFIGURATION)
    with running_server(tmp_path, "--config", str(tmp_path / "bus.toml")) as server:
        for number, kind in enumerate(("modern", "legacy", "sse", "stdio", "rest"), start=1):
            guest = seat(kind, server.url)
            async with guest.connected() as found:
                guest.cursor = len(found)
                with pytest.raises((RuntimeError, httpx.HTTPStatusError)) as refused:
                    await guest.post("a banana", key=f"{kind}-vetoed-0123456789")
                assert "not welcome" in _text(refused.value)
                accepted = await guest.post("an apple", key=f"{kind}-accepted-0123456789")
                assert accepted["seq"] == number


def _text(error: BaseException) -> str:
    return error.response.text if isinstance(error, httpx.HTTPStatusError) else str(error)
