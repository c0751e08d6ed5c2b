"""The plugin: a gate before every operation, and an observer that counts the messages that were stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agentchatbus.plugin_api import Action, Bus, Event, HttpTransport, Operations, Plugin, hookimpl
from agentchatbus_limits.rules import kind_of
from agentchatbus_limits.settings import LimitsSettings

if TYPE_CHECKING:
    from agentchatbus_limits.meter import Meter


class LimitsPlugin(Plugin[LimitsSettings]):
    """Refuses callers that ask too often."""

    settings_type = LimitsSettings

    def __init__(self, settings: LimitsSettings) -> None:
        super().__init__(settings)
        self._operations: Operations | None = None
        self._meter: Meter | None = None

    @hookimpl
    def register_transports(self, operations: Operations) -> Sequence[HttpTransport]:
        """Offer none; learn what there is, for the flags of an operation say which limit holds for it."""
        self._operations = operations
        return ()

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        from agentchatbus_limits.meter import Meter

        self._meter = Meter(self.settings, bus)
        yield

    @hookimpl
    async def check_action(self, action: Action) -> None:
        kind = kind_of(action, self._operations)
        if kind is None or self._meter is None:
            return
        if refusal := await self._meter.admit(kind, action):
            raise refusal

    @hookimpl
    async def on_event(self, event: Event) -> None:
        if self._meter is not None:
            await self._meter.note(event)
