"""The plugin: one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import Bus, Operation, Plugin, PluginSettings, hookimpl, operations_of
from agentchatbus_export.operations import ExportOperations


class ExportSettings(PluginSettings):
    """The table ``[plugins.export]``.

    Attributes:
        max_pictures_mb: How much of pictures one HTML file may hold; further ones are named only.
    """

    max_pictures_mb: int = Field(default=50, ge=0)


class ExportPlugin(Plugin[ExportSettings]):
    """Writes threads into files."""

    settings_type = ExportSettings

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        return operations_of(ExportOperations(bus, self.settings.max_pictures_mb * 1024 * 1024))
