"""Operations on what plugins add to the console."""

from __future__ import annotations

from agentchatbus.console import Console, ConsoleExtensions
from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.plugins import PluginManager


class ConsoleOperations:
    """Operations on what plugins add to the console. No gate is asked: a plugin whose gate fails is to vanish there."""

    def __init__(self, console: Console, manager: PluginManager) -> None:
        self._console = console
        self._manager = manager

    @operation(route=Route(method="GET", path="/api/console"), read_only=True, idempotent=True, tool=False, gated=False)
    async def console_list(self, _params: Params, _call: Call) -> ConsoleExtensions:
        """List the panels and the decorations of messages that plugins add to the console."""
        return self._console.extensions(lambda plugin: self._manager.quarantine.dropped(plugin) is None)
