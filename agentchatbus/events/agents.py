"""Events of agents and of the people around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agentchatbus.clock import isoformat
from agentchatbus.events.base import EventBody
from agentchatbus.events.rows import Row, agent_row
from agentchatbus.model import AccessToken, Agent, WaitState


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCameOnline(EventBody):
    """An agent registered, resumed, or gave a sign of life after it had been offline."""

    type: ClassVar[str] = "agent.online"
    agent_id: str
    name: str
    ide: str
    model: str
    agent: Row

    @classmethod
    def of(cls, agent: Agent) -> AgentCameOnline:
        return cls(agent_id=agent.id, name=agent.name, ide=agent.ide, model=agent.model, agent=agent_row(agent))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWentOffline(EventBody):
    """An agent is not there any more.

    `reason` is ``unregistered`` (it left, and its row with it), ``expired`` (it was silent for so long that its row is
    gone, too), ``lapsed`` (no sign of life for long) or ``kicked``.
    """

    type: ClassVar[str] = "agent.offline"
    GONE: ClassVar[frozenset[str]] = frozenset({"unregistered", "expired"})
    agent_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUpdated(EventBody):
    """An agent says something else of itself."""

    type: ClassVar[str] = "agent.updated"
    agent_id: str
    agent: Row

    @classmethod
    def of(cls, agent: Agent) -> AgentUpdated:
        return cls(agent_id=agent.id, agent=agent_row(agent))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKicked(EventBody):
    """A person ended an agent's waits and took its token away; an ``agent.offline`` follows."""

    type: ClassVar[str] = "agent.kicked"
    agent_id: str
    name: str
    threads_interrupted: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTyping(EventBody):
    """An agent writes in a thread, or stopped to; it counts as stopped after ten seconds without another event."""

    type: ClassVar[str] = "agent.typing"
    agent_id: str
    name: str
    thread_id: str
    is_typing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStarted(EventBody):
    """An agent blocks in a wait; `waiting_for` holds the ids of the agents it waits for, if it named any."""

    type: ClassVar[str] = "wait.started"
    thread_id: str
    agent_id: str
    entered_at: str
    timeout_ms: int
    waiting_for: list[str]

    @classmethod
    def of(cls, state: WaitState) -> WaitStarted:
        return cls(
            thread_id=state.thread_id,
            agent_id=state.agent_id,
            entered_at=isoformat(state.entered_at),
            timeout_ms=state.timeout_ms,
            waiting_for=list(state.waiting_for),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded(EventBody):
    """A wait is over.

    `reason` is ``messages``, ``refresh``, ``timeout``, ``shutdown``, ``posted`` (the agent posted meanwhile) or
    ``gone`` (its client went away); `read_seq` is the highest seq the agent was given, null when unknown.
    """

    type: ClassVar[str] = "wait.ended"
    thread_id: str
    agent_id: str
    reason: str
    read_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokenCreated(EventBody):
    """An access token was created; the event holds nothing of the token itself."""

    type: ClassVar[str] = "token.created"
    token_id: str
    name: str
    scope: str

    @classmethod
    def of(cls, token: AccessToken) -> AccessTokenCreated:
        return cls(token_id=token.id, name=token.name, scope=token.scope.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokenRevoked(EventBody):
    """An access token was taken away."""

    type: ClassVar[str] = "token.revoked"
    token_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusStarted(EventBody):
    """The bus started; who waited or typed before does so no more."""

    type: ClassVar[str] = "bus.started"
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginQuarantined(EventBody):
    """A plugin failed again and again and is no longer called."""

    type: ClassVar[str] = "plugin.quarantined"
    plugin: str
    hook: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginEnabled(EventBody):
    """A quarantine was ended by a person."""

    type: ClassVar[str] = "plugin.enabled"
    plugin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSaved(EventBody):
    """Somebody saved settings of the bus; they take effect with its next start."""

    type: ClassVar[str] = "settings.saved"
    keys: list[str]
