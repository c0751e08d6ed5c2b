"""Search for every storage, without an index: it looks through the newest messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pydantic import Field

from agentchatbus.plugin_api import Plugin, PluginSettings, SearchIndex, SearchOffer, Storage, hookimpl
from agentchatbus_scan.index import ScanIndex


class ScanSettings(PluginSettings):
    """The table ``[plugins.scan]``.

    Attributes:
        window: How many of the newest matches are ranked against each other.
        messages: How many messages one page looks through.
    """

    window: int = Field(default=200, ge=10, le=2000)
    messages: int = Field(default=5000, ge=100, le=100_000)


class ScanPlugin(Plugin[ScanSettings]):
    """Offers the search backend ``scan``, which is chosen when there is no better one for the storage."""

    settings_type = ScanSettings

    @hookimpl
    def register_search(self) -> Sequence[SearchOffer]:
        return [SearchOffer(name="scan", priority=1, supports=lambda _: True, open=self._open)]

    @asynccontextmanager
    async def _open(self, storage: Storage) -> AsyncIterator[SearchIndex]:
        yield ScanIndex(storage, window=self.settings.window, messages=self.settings.messages)
