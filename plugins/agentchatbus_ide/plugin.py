"""The plugin."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from agentchatbus.plugin_api import (
    Bus,
    HttpTransport,
    Offers,
    Operation,
    Operations,
    Plugin,
    hookimpl,
    operations_of,
)
from agentchatbus_ide.logs import LogRing
from agentchatbus_ide.masking import Masking
from agentchatbus_ide.owning import OwningOperations, health_of
from agentchatbus_ide.sessions import EditorSessions
from agentchatbus_ide.settings import IdeSettings
from agentchatbus_ide.watching import Surroundings, WatchingOperations


class IdePlugin(Plugin[IdeSettings]):
    """Lets the editor extension look after the server that it started."""

    settings_type = IdeSettings

    def __init__(self, settings: IdeSettings) -> None:
        super().__init__(settings)
        self._surroundings = Surroundings()
        self._sessions: EditorSessions | None = None
        self._ring: LogRing | None = None

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        self._sessions = EditorSessions(bus.clock, boot_token=self._boot_token, seconds=self.settings.session_seconds)
        bus.report_health(partial(health_of, self._sessions))
        self._ring = LogRing(self.settings.log_lines, self._masking(bus))
        owning = OwningOperations(bus, self._sessions)
        watching = WatchingOperations(bus, self._ring, self._surroundings)
        return [*operations_of(owning), *operations_of(watching)]

    @hookimpl
    def register_transports(self, operations: Operations, offers: Offers) -> Sequence[HttpTransport]:
        self._surroundings.operations, self._surroundings.offers = operations, offers
        return []

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        if self._sessions is None or self._ring is None:
            yield
            return
        with self._ring.attached():
            task = asyncio.create_task(_stop_when_deserted(bus, self._sessions), name="editor sessions")
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @property
    def _boot_token(self) -> str:
        return self.settings.owner_boot_token.get_secret_value()

    def _masking(self, bus: Bus) -> Masking:
        return Masking(
            secrets=[bus.settings.operator_token or "", self._boot_token],
            folders=[str(bus.settings.data_dir), str(Path.home()), sys.prefix, str(Path.cwd())],
        )


async def _stop_when_deserted(bus: Bus, sessions: EditorSessions) -> None:
    """Ask for a stop once the last editor is gone, of several of which one owned the server."""
    while True:
        sessions.changed.clear()
        sessions.drop_silent()
        if sessions.is_deserted:
            bus.request_stop()
        await bus.clock.wait_for(sessions.changed, sessions.seconds_left(), background=True)
