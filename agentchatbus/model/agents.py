"""Registered agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from agentchatbus.model.metadata import Metadata


class AgentState(StrEnum):
    """What an agent seems to be doing."""

    WAITING = "waiting"
    WORKING = "working"
    IDLE = "idle"
    OFFLINE = "offline"


WORKING_ACTIVITIES = frozenset({"bus_connect", "resume", "thread_create", "msg_received", "msg_post", "msg_edit"})
"""Activities after which an agent is expected to think for a while without a sign of life."""

KICKED = "kicked"
"""The last activity of an agent that a person has sent away; nothing follows it."""


@dataclass(frozen=True, slots=True)
class Face:
    """How an agent is shown; without an emoji of its own it has the one of its id."""

    name: str
    emoji: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDraft:
    """An agent as it introduces itself."""

    ide: str
    model: str
    description: str = ""
    capabilities: Sequence[str] = ()
    skills: Sequence[Metadata] = ()
    display_name: str | None = None
    emoji: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChanges:
    """What an agent changes of what it said of itself; None leaves it, an empty alias or emoji resets it."""

    description: str | None = None
    capabilities: Sequence[str] | None = None
    skills: Sequence[Metadata] | None = None
    display_name: str | None = None
    emoji: str | None = None


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
    emoji: str | None = None
    is_waiting: bool = False

    @property
    def is_kicked(self) -> bool:
        """Whether a person has sent it away: whatever it proved before proves nothing now."""
        return self.last_activity == KICKED

    @property
    def face(self) -> Face:
        """How this agent is shown."""
        return Face(self.display_name or self.name, self.emoji)

    def is_online(self, now: datetime, window: timedelta) -> bool:
        """Return whether the agent waits, or gave a sign of life less than `window` ago."""
        return self.is_waiting or now - max(self.last_heartbeat, self.last_activity_time) < window

    def state(self, now: datetime, window: timedelta, working: timedelta) -> AgentState:
        """Return what the agent seems to be doing: one that was given something to do works for a while in silence.

        Args:
            now: The time.
            window: How long a sign of life lasts.
            working: How long an agent is believed to work after it read or posted.
        """
        if self.is_waiting:
            return AgentState.WAITING
        if self.last_activity in WORKING_ACTIVITIES and now - self.last_activity_time < working:
            return AgentState.WORKING
        return AgentState.IDLE if self.is_online(now, window) else AgentState.OFFLINE

    def offline_at(self, window: timedelta, working: timedelta) -> datetime:
        """Return from when on the agent counts as offline if it neither waits nor gives another sign of life."""
        silent_at = max(self.last_heartbeat, self.last_activity_time) + window
        if self.last_activity in WORKING_ACTIVITIES:
            return max(silent_at, self.last_activity_time + working)
        return silent_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState:
    """An agent that is blocked in a wait right now.

    Attributes:
        waiting_for: Ids of the agents it waits for, if it named any.
        call_id: Tells this wait from others of the same agent.
    """

    thread_id: str
    agent_id: str
    entered_at: datetime
    timeout_ms: int
    waiting_for: tuple[str, ...] = ()
    call_id: str = ""
