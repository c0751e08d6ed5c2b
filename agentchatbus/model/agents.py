"""Registered agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentchatbus.model.metadata import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDraft:
    """An agent as it introduces itself."""

    ide: str
    model: str
    description: str = ""
    capabilities: Sequence[str] = ()
    skills: Sequence[Metadata] = ()
    display_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A registered agent. Its token is nowhere in this value."""

    id: str
    name: str
    ide: str
    model: str
    registered_at: datetime
    last_heartbeat: datetime
    last_activity_time: datetime
    last_activity: str = "registered"
    description: str = ""
    capabilities: tuple[str, ...] = ()
    skills: tuple[Metadata, ...] = ()
    display_name: str = ""
    alias_source: str = "auto"
    is_waiting: bool = False

    def is_online(self, now: datetime, window: timedelta) -> bool:
        """Return whether the agent waits, or gave a sign of life less than `window` ago."""
        return self.is_waiting or now - max(self.last_heartbeat, self.last_activity_time) < window


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState:
    """An agent that is blocked in a wait right now."""

    thread_id: str
    agent_id: str
    entered_at: datetime
    timeout_ms: int
