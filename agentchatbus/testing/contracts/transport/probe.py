"""A plugin that sees and refuses what comes in over the transport under test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentchatbus.errors import Rejected
from agentchatbus.operations import Action, Call, Operation, Params, Route, operation, operations_of
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl

FORBIDDEN_WORD = "tomato"
REFUSAL = "Tomatoes are not welcome on this bus."
INSIDE = "the-inside-of-the-bus"


class ProbeOperations:
    """An operation with a defect."""

    @operation(route=Route(method="POST", path="/api/contract/defect"))
    async def contract_defect(self, _params: Params, _call: Call) -> None:
        """Fail as only a defect does."""
        raise RuntimeError(INSIDE)


class ContractProbePlugin(Plugin[PluginSettings]):
    """Keeps every action that the bus was asked for."""

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self.actions: list[Action] = []

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return operations_of(ProbeOperations())

    @hookimpl
    async def check_action(self, action: Action) -> None:
        self.actions.append(action)
        if FORBIDDEN_WORD in str(action.arguments.get("content", "")):
            raise Rejected(REFUSAL)

    def of(self, operation: str) -> Action:
        """Return the one action of this operation."""
        [found] = [action for action in self.actions if action.operation == operation]
        return found
