"""How a bus that holds a storage calls itself, and what can be read from that."""

from __future__ import annotations

import os
import re

from agentchatbus.config import Config
from agentchatbus.ports.storage import StorageContext

BUS = re.compile(r"the bus on (http://\S+) \(process \d+\)")


def storage_context(config: Config) -> StorageContext:
    """Return what a storage is told by the bus of this process."""
    owner = f"the bus on {config.server.url} (process {os.getpid()})"
    return StorageContext(owner=owner, data_dir=config.server.data_dir)


def address_of(owner: str) -> str | None:
    """Return where the bus listens that holds a storage; None when something else holds it."""
    found = BUS.fullmatch(owner)
    return found[1] if found else None
