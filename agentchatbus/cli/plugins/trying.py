"""A place where one plugin can be tried out: a bus with nobody else on it, and nothing of the user's within reach."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentchatbus.clock import SystemClock
from agentchatbus.plugin import Plugin
from agentchatbus.ports.settings import BusSettings

if TYPE_CHECKING:
    from agentchatbus.ports.storage import StorageOffer
    from agentchatbus.testing import BusHarness


@dataclass(frozen=True, slots=True)
class Ground:
    """Buses on an empty folder."""

    folder: Path

    @asynccontextmanager
    async def bus(self, *plugins: Plugin[Any], storage: StorageOffer | None = None) -> AsyncIterator[BusHarness]:
        """Compose a bus with these plugins alone, in memory unless a storage is given."""
        from agentchatbus.testing import make_bus

        settings = BusSettings(data_dir=self.folder)
        async with make_bus(plugins=plugins, settings=settings, clock=SystemClock(), storage=storage) as bus:
            yield bus
