"""The coordinator: speaks up when all agents of a thread wait, and when they wait for each other."""

from agentchatbus_coordinator.events import DeadlockDetected, DeadlockResolved
from agentchatbus_coordinator.plugin import CoordinatorPlugin
from agentchatbus_coordinator.settings import CoordinatorSettings

__all__ = ["CoordinatorPlugin", "CoordinatorSettings", "DeadlockDetected", "DeadlockResolved"]
