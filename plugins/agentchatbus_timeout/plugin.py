"""The plugin: one timer for the thread that is due next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pydantic import Field

from agentchatbus.plugin_api import Bus, Event, Plugin, PluginSettings, hookimpl
from agentchatbus_timeout.closing import Closing


class TimeoutSettings(PluginSettings):
    """The table ``[plugins.timeout]``.

    Attributes:
        minutes: After how long a silence a thread in discussion is closed; 0 closes none.
        sweep_seconds: What lies between two looks at least, so that threads are closed together; a thread is closed
            this much late at most.
    """

    minutes: float = Field(default=0.0, ge=0, le=10 * 365 * 24 * 60)
    sweep_seconds: float = Field(default=60.0, gt=0)


class TimeoutPlugin(Plugin[TimeoutSettings]):
    """Closes threads in which nobody speaks any more."""

    settings_type = TimeoutSettings

    def __init__(self, settings: TimeoutSettings) -> None:
        super().__init__(settings)
        self._closing: Closing | None = None

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        if not self.settings.minutes:
            yield
            return
        self._closing = Closing(bus, timedelta(minutes=self.settings.minutes), self.settings.sweep_seconds)
        async with self._closing.running():
            yield

    @hookimpl
    async def on_event(self, event: Event) -> None:
        if self._closing is not None:
            await self._closing.note(event)
