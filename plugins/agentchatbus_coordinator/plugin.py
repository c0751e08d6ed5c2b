"""The plugin: an observer, a task, and two operations for people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agentchatbus.plugin_api import Bus, Event, Operation, Plugin, hookimpl, operations_of
from agentchatbus_coordinator.coordinating import Coordinator
from agentchatbus_coordinator.operations import CoordinatorOperations
from agentchatbus_coordinator.settings import CoordinatorSettings


class CoordinatorPlugin(Plugin[CoordinatorSettings]):
    """Speaks up when all agents of a thread wait, and when they wait for each other."""

    settings_type = CoordinatorSettings

    def __init__(self, settings: CoordinatorSettings) -> None:
        super().__init__(settings)
        self._coordinator: Coordinator | None = None

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        return operations_of(CoordinatorOperations(bus))

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        self._coordinator = Coordinator(bus, self.settings)
        async with self._coordinator.running():
            yield

    @hookimpl
    async def on_event(self, event: Event) -> None:
        if self._coordinator is not None:
            self._coordinator.note(event)
