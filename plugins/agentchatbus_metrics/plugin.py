"""The plugin: watches as long as the bus lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agentchatbus.plugin_api import (
    Bus,
    Operation,
    Plugin,
    PluginSettings,
    Unavailable,
    hookimpl,
    operations_of,
)
from agentchatbus_metrics.meter import Meter
from agentchatbus_metrics.operations import MetricsOperations


class MetricsSettings(PluginSettings):
    """The table ``[plugins.metrics]``.

    Attributes:
        hook_times: Whether to measure how long plugins take, which costs some microseconds a call.
    """

    hook_times: bool = True


class MetricsPlugin(Plugin[MetricsSettings]):
    """Offers numbers about the bus."""

    settings_type = MetricsSettings

    def __init__(self, settings: MetricsSettings) -> None:
        super().__init__(settings)
        self._meter: Meter | None = None

    @property
    def meter(self) -> Meter:
        """What is measured.

        Raises:
            Unavailable: The bus has not started yet.
        """
        if self._meter is None:
            raise Unavailable("The bus is starting.")
        return self._meter

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        meter = Meter(bus, with_hooks=self.settings.hook_times)
        async with meter.running():
            self._meter = meter
            yield

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return operations_of(MetricsOperations(lambda: self.meter))
