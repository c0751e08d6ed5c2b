"""Files that messages refer to, whoever keeps them; large metadata; and what waits inside a bus."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentchatbus.plugin_api import (
    ConfigError,
    Event,
    FileOffer,
    FileResult,
    HookCall,
    MessageDraft,
    Plugin,
    PluginSettings,
    TooLarge,
    freeze,
    hookimpl,
)
from agentchatbus.testing import MakeBus


class BadgesPlugin(Plugin[PluginSettings]):
    """Keeps files under a prefix."""

    def __init__(self, prefix: str = "/static/badges/") -> None:
        super().__init__(PluginSettings())
        self._prefix = prefix

    @hookimpl
    def register_files(self) -> Sequence[FileOffer]:
        return [FileOffer(prefix=self._prefix, read=self._read)]

    async def _read(self, url: str) -> FileResult | None:
        name = url.removeprefix(self._prefix)
        if name == "broken":
            raise ValueError(name)
        return FileResult(body=self._prefix.encode(), media_type="text/plain", file_name=name) if name == "a" else None


class OtherBadgesPlugin(BadgesPlugin):
    """Has another name."""


class ShrinkingPlugin(Plugin[PluginSettings]):
    """Moves large metadata elsewhere, and listens."""

    @hookimpl
    async def transform_message(self, draft: MessageDraft) -> MessageDraft | None:
        return MessageDraft(thread_id=draft.thread_id, content=draft.content, metadata=freeze({"moved": True}))

    @hookimpl
    async def on_event(self, event: Event) -> None:
        pass


async def test_register_files_lets_others_read_what_an_address_stands_for(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[BadgesPlugin()])
    found = await bus.app.bus.files.read("/static/badges/a")
    assert found is not None
    assert found.body == b"/static/badges/"
    for url in ("/static/badges/b", "/static/badges/broken", "https://x.example/a", ""):
        assert await bus.app.bus.files.read(url) is None


async def test_the_longest_prefix_is_asked(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[BadgesPlugin(), OtherBadgesPlugin("/static/badges/deeper/")])
    found = await bus.app.bus.files.read("/static/badges/deeper/a")
    assert found is not None
    assert found.body == b"/static/badges/deeper/"


async def test_two_plugins_cannot_keep_files_under_one_prefix(make_bus: MakeBus) -> None:
    with pytest.raises(ConfigError, match="/static/badges/"):
        await make_bus(plugins=[BadgesPlugin(), OtherBadgesPlugin()])


async def test_a_plugin_may_make_large_metadata_small(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[ShrinkingPlugin(PluginSettings())])
    posted = await bus.post("x", metadata={"picture": "x" * 200_000})
    assert posted.message.metadata == {"moved": True}


async def test_metadata_that_stays_large_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(TooLarge, match="metadata"):
        await bus.post("x", metadata={"picture": "x" * 70_000})
    assert await bus.messages() == []


async def test_the_bus_says_how_far_behind_its_observers_are(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[ShrinkingPlugin(PluginSettings())])
    await bus.drain()
    assert bus.app.bus.depths()["observer shrinking"] == 0


async def test_hooks_can_be_watched_while_the_bus_runs(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[ShrinkingPlugin(PluginSettings())])
    calls: list[HookCall] = []
    bus.app.bus.watch_hooks(calls.append)
    await bus.post("x")
    assert ("shrinking", "transform_message", "answered") in [(item.plugin, item.hook, item.outcome) for item in calls]
