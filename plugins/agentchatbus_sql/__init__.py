"""Storage in one SQLite file: one writer thread that commits in groups, and a few readers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from agentchatbus.plugin_api import (
    Plugin,
    PluginSettings,
    Storage,
    StorageContext,
    StorageOffer,
    StorageState,
    hookimpl,
)

if TYPE_CHECKING:
    import click


class SqliteSettings(PluginSettings):
    """The table ``[plugins.sqlite]``."""

    path: Path | None = Field(
        default=None,
        description="The database file; by default bus.db in the data folder. A relative path begins in the folder in "
        "which the bus is started.",
    )
    readers: int = Field(
        default=2, ge=1, le=8, description="Threads that read beside the writer; more than two gain nothing."
    )
    busy_timeout_seconds: float = Field(
        default=5.0, ge=0, le=60, description="How long to wait for another program that writes to the file."
    )
    compact_below_mb: int = Field(
        default=64,
        ge=0,
        description="Up to which size the file is written anew after threads were deleted; nothing can be stored "
        "meanwhile, about a second per 100 MB.",
    )


class SqlitePlugin(Plugin[SqliteSettings]):
    """Offers the storage backend ``sqlite``."""

    settings_type = SqliteSettings

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        from agentchatbus_sql.commands import compact, doctor

        return [doctor, compact]

    @hookimpl
    def register_storage(self) -> Sequence[StorageOffer]:
        location = str(self.settings.path) if self.settings.path else "bus.db in the data folder"
        return [StorageOffer(name="sqlite", open=self._open, location=location, look=self._look)]

    def _open(self, context: StorageContext) -> AbstractAsyncContextManager[Storage]:
        from agentchatbus_sql.storage import open_storage

        return open_storage(self.settings, context)

    def _look(self, context: StorageContext) -> StorageState:
        from agentchatbus_sql.lock import look

        return look(self.settings.path, context.data_dir)
