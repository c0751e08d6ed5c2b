"""What commands of plugins may use: a bus of their own while no server runs."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from agentchatbus.config import Config
from agentchatbus.operations import Operations
from agentchatbus.ports.bus import Bus


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBus:
    """A bus that is composed and serves nobody."""

    bus: Bus
    operations: Operations


class CommandTools(Protocol):
    """The ``obj`` of the click context in which commands run (``@click.pass_obj`` hands it over)."""

    def open_bus(self, config: Config, *, may_create: bool = True) -> AbstractAsyncContextManager[OpenedBus]:
        """Compose a bus on the configured storage and hold it open.

        Args:
            config: Says which plugins take part and where the storage is.
            may_create: Whether a storage that is not there yet is made; without it, an empty one stands in for it.

        Raises:
            ConfigError: The configuration cannot be used, or a server has the storage open.
        """
        ...
