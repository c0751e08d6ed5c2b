"""The operations of the bus itself, each described once for every transport."""

from __future__ import annotations

from typing import Any

from agentchatbus.bus.catalogue.access import AccessOperations
from agentchatbus.bus.catalogue.administration import AdministrationOperations
from agentchatbus.bus.catalogue.agents import AgentOperations
from agentchatbus.bus.catalogue.lifecycle import LifecycleOperations
from agentchatbus.bus.catalogue.marks import MarkOperations
from agentchatbus.bus.catalogue.messages import MessageOperations
from agentchatbus.bus.catalogue.needs import NeedsOperations
from agentchatbus.bus.catalogue.search import SearchOperations
from agentchatbus.bus.catalogue.threads import ThreadOperations
from agentchatbus.operations import Operation, operations_of
from agentchatbus.ports.bus import Bus


def core_operations(bus: Bus) -> list[Operation[Any]]:
    """Return all of them."""
    holders: list[object] = [
        ThreadOperations(bus),
        LifecycleOperations(bus),
        AdministrationOperations(bus),
        MessageOperations(bus),
        MarkOperations(bus),
        NeedsOperations(bus),
        AgentOperations(bus),
        AccessOperations(bus),
    ]
    if bus.search is not None:
        holders.append(SearchOperations(bus.search))
    return [operation for holder in holders for operation in operations_of(holder)]
