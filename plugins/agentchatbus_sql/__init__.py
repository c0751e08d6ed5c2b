"""Storage in one SQLite file: one writer thread that commits in groups, and a few readers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from pydantic import Field

from agentchatbus.plugin_api import Plugin, PluginSettings, Storage, StorageContext, StorageOffer, hookimpl


class SqliteSettings(PluginSettings):
    """The table ``[plugins.sqlite]``.

    Attributes:
        path: The database file; None means ``bus.db`` in the bus's data folder.
        readers: Threads that read beside the writer; more than two gain nothing.
        busy_timeout_seconds: How long to wait for another program that writes to the file.
    """

    path: Path | None = None
    readers: int = Field(default=2, ge=1, le=8)
    busy_timeout_seconds: float = Field(default=5.0, ge=0, le=60)


class SqlitePlugin(Plugin[SqliteSettings]):
    """Offers the storage backend ``sqlite``."""

    settings_type = SqliteSettings

    @hookimpl
    def register_storage(self) -> Sequence[StorageOffer]:
        location = str(self.settings.path) if self.settings.path else "bus.db in the data folder"
        return [StorageOffer(name="sqlite", open=self._open, location=location)]

    def _open(self, context: StorageContext) -> AbstractAsyncContextManager[Storage]:
        from agentchatbus_sql.storage import open_storage

        return open_storage(self.settings, context)
