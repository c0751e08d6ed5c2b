"""Shapes of agents and of those who let them in."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from agentchatbus.plugin_api import AgentState, Scope


class WaitPlace(TypedDict):
    """A thread in which an agent waits; `waiting_for` are the ids of the agents it waits for."""

    thread_id: str
    since: str
    waiting_for: list[str]


class AgentBase(TypedDict):
    """An agent as others see it; `state` says what it seems to be doing."""

    id: str
    name: str
    display_name: str
    alias_source: str
    description: str
    ide: str
    model: str
    emoji: str
    capabilities: list[str]
    skills: list[dict[str, Any]]
    is_online: bool
    state: AgentState
    waiting_in: list[WaitPlace]
    last_heartbeat: str
    last_activity: str
    last_activity_time: str
    registered_at: str


class AgentItem(AgentBase):
    """An agent in a list; `is_sse_connected` says that it holds a connection open, which is known while it waits."""

    is_sse_connected: bool


class AgentDetail(AgentBase):
    """One agent."""


class RegisteredAgent(TypedDict):
    """A new agent; its token is shown here and never again."""

    agent_id: str
    name: str
    display_name: str
    alias_source: str
    emoji: str
    token: str
    capabilities: list[str]
    skills: list[dict[str, Any]]


class ResumedAgent(TypedDict):
    """An agent that is back."""

    ok: Literal[True]
    agent_id: str
    name: str
    display_name: str
    alias_source: str
    emoji: str
    is_online: bool
    last_heartbeat: str


class UpdatedAgent(TypedDict):
    """An agent that says something else of itself."""

    ok: Literal[True]
    agent_id: str
    name: str
    display_name: str
    alias_source: str
    emoji: str
    description: str
    capabilities: list[str]
    skills: list[dict[str, Any]]
    last_activity: str


class KickedAgent(TypedDict):
    """An agent that was sent away, and the threads in which its waits ended."""

    ok: Literal[True]
    agent_id: str
    agent_name: str
    threads_interrupted: list[str]
    sessions_disconnected_count: int
    message: str


class AccessToken(TypedDict):
    """An access token without its secret."""

    id: str
    name: str
    scope: Scope
    created_at: str
    expires_at: str | None


class NewAccessToken(AccessToken):
    """A new access token; `token` is its secret, which is shown here and never again."""

    token: str
