"""What commands of plugins are handed."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from agentchatbus.cli.targets import storage_state
from agentchatbus.commanding import OpenedBus
from agentchatbus.config import Config


class Tools:
    """Implements `agentchatbus.commanding.CommandTools`."""

    @asynccontextmanager
    async def open_bus(self, config: Config, *, may_create: bool = True) -> AsyncIterator[OpenedBus]:
        """Compose a bus and hold it open; it serves nobody."""
        from agentchatbus.app import open_bus

        state = None if may_create else storage_state(config)
        with _elsewhere(config) if state and not state.exists else _here(config) as place:
            async with open_bus(place) as app:
                yield OpenedBus(bus=app.bus, operations=app.operations)


@contextmanager
def _here(config: Config) -> Iterator[Config]:
    yield config


@contextmanager
def _elsewhere(config: Config) -> Iterator[Config]:
    """Change where a bus keeps its files to a folder that goes away."""
    tables = {name: dict(table) for name, table in config.plugin_settings.items()}
    tables.get("sqlite", {}).pop("path", None)
    with tempfile.TemporaryDirectory(prefix="agentchatbus-") as folder:
        yield replace(
            config,
            server=config.server.model_copy(update={"data_dir": Path(folder)}),
            plugin_settings=tables,
        )
