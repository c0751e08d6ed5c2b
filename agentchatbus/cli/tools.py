"""What commands of plugins are handed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentchatbus.commanding import OpenedBus
from agentchatbus.config import Config


class Tools:
    """Implements `agentchatbus.commanding.CommandTools`."""

    @asynccontextmanager
    async def open_bus(self, config: Config) -> AsyncIterator[OpenedBus]:
        """Compose a bus and hold it open; it serves nobody."""
        from agentchatbus.app import open_bus

        async with open_bus(config) as app:
            yield OpenedBus(bus=app.bus, operations=app.operations)
