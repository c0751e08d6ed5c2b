"""The operations, offers and paths of a bus with every installed plugin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agentchatbus.app import open_bus
from agentchatbus.config import load_config
from agentchatbus.plugin_api import Operation


@cache
def operations() -> Mapping[str, Operation[Any]]:
    """Return every operation by its name."""

    async def read() -> Mapping[str, Operation[Any]]:
        with TemporaryDirectory() as folder:
            environ = {"AGENTCHATBUS_SERVER__DATA_DIR": folder, "AGENTCHATBUS_DB": str(Path(folder) / "bus.db")}
            async with open_bus(load_config(None, environ=environ)) as app:
                return {operation.name: operation for operation in app.operations}

    return asyncio.run(read())
