"""Events of the coordinator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from agentchatbus.plugin_api import EventBody


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlockDetected(EventBody):
    """Agents wait for each other.

    `cycle` has an entry for each wait, `cards` the id of the message in each thread by the thread's id.
    """

    type: ClassVar[str] = "coordinator.deadlock"
    deadlock_id: str
    text: str
    cycle: list[dict[str, Any]]
    cards: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlockResolved(EventBody):
    """Agents that waited for each other do so no more.

    `reason` says how the first of them stopped: ``messages``, ``posted``, ``timeout``, ``gone`` or ``changed`` (it
    waits for somebody else).
    """

    type: ClassVar[str] = "coordinator.deadlock_resolved"
    deadlock_id: str
    reason: str
    cards: dict[str, str]
