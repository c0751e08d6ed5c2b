"""The kit for tests of the bus and of plugins: a real bus on memory storage, and a clock that tests move."""

from agentchatbus.testing.clock import ManualClock
from agentchatbus.testing.harness import AgentHandle, BusHarness, ClientHandle, MakeBus, make_bus
from agentchatbus.testing.memory import MemoryStorage, memory_offer

__all__ = [
    "AgentHandle",
    "BusHarness",
    "ClientHandle",
    "MakeBus",
    "ManualClock",
    "MemoryStorage",
    "make_bus",
    "memory_offer",
]
