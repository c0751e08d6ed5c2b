"""The operations of the bus itself, each described once for every transport."""

from __future__ import annotations

from typing import Any

from agentchatbus.bus.catalogue.agents import AgentOperations
from agentchatbus.bus.catalogue.messages import MessageOperations
from agentchatbus.bus.catalogue.threads import ThreadOperations
from agentchatbus.operations import Operation, operations_of
from agentchatbus.ports.bus import Bus


def core_operations(bus: Bus) -> list[Operation[Any]]:
    """Return all of them."""
    return [
        operation
        for holder in (ThreadOperations(bus), MessageOperations(bus), AgentOperations(bus))
        for operation in operations_of(holder)
    ]
