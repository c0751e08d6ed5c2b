"""Agents as MCP clients see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict

from agentchatbus.plugin_api import (
    Agent,
    BusError,
    InvalidRequest,
    NotFound,
    Registered,
    Unauthenticated,
    isoformat,
    thaw,
)
from agentchatbus_mcp.presenters import texts
from agentchatbus_mcp.presenters.base import Answer, Presenter, Shape, View, list_answer

BAD_CREDENTIALS = "Invalid agent_id/token"


class RegisteredShape(TypedDict):
    """Result of ``agent_register``."""

    agent_id: str
    name: str
    display_name: str
    alias_source: str
    token: str
    capabilities: list[str]
    skills: list[dict[str, Any]]
    last_activity: str
    last_activity_time: str
    thread_create_requirement: str
    thread_create_example: dict[str, Any]
    deprecation_info: dict[str, Any]


class ResumedShape(TypedDict):
    """Result of ``agent_resume``."""

    ok: bool
    agent_id: str
    name: str
    display_name: str
    alias_source: str
    is_online: bool
    last_heartbeat: str
    last_activity: str
    last_activity_time: str
    thread_create_requirement: str
    thread_create_example: dict[str, Any]


class ListedAgent(TypedDict):
    """An agent as ``agent_list`` lists it."""

    agent_id: str
    name: str
    ide: str
    model: str
    display_name: str
    alias_source: str
    description: str
    is_online: bool
    capabilities: list[str]
    skills: list[dict[str, Any]]
    last_heartbeat: str
    last_activity: str
    last_activity_time: str


class AgentsShape(TypedDict):
    """Result of ``agent_list``."""

    agents: list[ListedAgent]


class UpdatedShape(TypedDict):
    """Result of ``agent_update``."""

    ok: bool
    agent_id: str
    name: str
    display_name: str
    description: str
    capabilities: list[str]
    skills: list[dict[str, Any]]
    last_activity: str
    last_activity_time: str


class OkShape(TypedDict):
    """Result of an operation that says only whether it was done."""

    ok: bool
    error: NotRequired[str]


def present_registered(registered: Registered, _view: View) -> Answer:
    """Answer with the new agent and its token."""
    agent = registered.agent
    return Answer(
        structured={
            **_names(agent),
            "token": registered.token,
            "capabilities": list(agent.capabilities),
            "skills": thaw(agent.skills),
            **_activity(agent),
            "thread_create_requirement": texts.THREAD_CREATE_REQUIREMENT,
            "thread_create_example": texts.THREAD_CREATE_EXAMPLE,
            "deprecation_info": texts.DEPRECATION,
        }
    )


def present_resumed(agent: Agent, view: View) -> Answer:
    """Answer with the agent that is back."""
    return Answer(
        structured={
            "ok": True,
            **_names(agent),
            "is_online": view.is_online(agent),
            "last_heartbeat": isoformat(agent.last_heartbeat),
            **_activity(agent),
            "thread_create_requirement": texts.THREAD_CREATE_REQUIREMENT,
            "thread_create_example": texts.THREAD_CREATE_EXAMPLE,
        }
    )


def present_agents(agents: Sequence[Agent], view: View) -> Answer:
    """Answer with all agents; the text is the bare array."""
    return list_answer("agents", [_listed(agent, view) for agent in agents])


def present_updated(agent: Agent, _view: View) -> Answer:
    """Answer with what the bus says of the agent from now on."""
    return Answer(
        structured={
            "ok": True,
            "agent_id": agent.id,
            "name": agent.name,
            "display_name": agent.display_name or agent.name,
            "description": agent.description,
            "capabilities": list(agent.capabilities),
            "skills": thaw(agent.skills),
            **_activity(agent),
        }
    )


def present_ok(_result: None, _view: View) -> Answer:
    """Answer that it was done."""
    return Answer(structured={"ok": True})


def refuse_proof(error: BusError, _view: View) -> Shape | None:
    """Say only that it was not done."""
    return {"ok": False} if isinstance(error, Unauthenticated | NotFound) else None


def refuse_resume(error: BusError, _view: View) -> Shape | None:
    """Say that the credentials are wrong."""
    return {"ok": False, "error": BAD_CREDENTIALS} if isinstance(error, Unauthenticated | NotFound) else None


def refuse_update(error: BusError, view: View) -> Shape | None:
    """Say whether agent or token is wrong."""
    if isinstance(error, NotFound) or error.details.get("is_registered") is False:
        return {"ok": False, "error": f"Agent not found: {view.text('agent_id')}"}
    return {"ok": False, "error": "Invalid token for agent_update"} if isinstance(error, Unauthenticated) else None


def refuse_connect(error: BusError, view: View) -> Shape | None:
    """Say which half of joining failed."""
    if isinstance(error, Unauthenticated) and (view.text("agent_id") or view.text("token")):
        return {"error": f"Failed to resume agent: {BAD_CREDENTIALS}"}
    if isinstance(error, InvalidRequest) and error.details.get("field") == "thread_name":
        return {"error": "thread_name is required"}
    if isinstance(error, NotFound) and error.details.get("kind") == "thread":
        return {"error": f"Thread '{error.details.get('id')}' not found"}
    return None


def _names(agent: Agent) -> dict[str, Any]:
    return {
        "agent_id": agent.id,
        "name": agent.name,
        "display_name": agent.display_name or agent.name,
        "alias_source": agent.alias_source,
    }


def _activity(agent: Agent) -> dict[str, Any]:
    return {
        "last_activity": agent.last_activity,
        "last_activity_time": isoformat(agent.last_activity_time),
    }


def _listed(agent: Agent, view: View) -> dict[str, Any]:
    return {
        **_names(agent),
        "ide": agent.ide,
        "model": agent.model,
        "description": agent.description,
        "is_online": view.is_online(agent),
        "capabilities": list(agent.capabilities),
        "skills": thaw(agent.skills),
        "last_heartbeat": isoformat(agent.last_heartbeat),
        **_activity(agent),
    }


PRESENTERS = {
    "agent_register": Presenter(shape=RegisteredShape, present=present_registered),
    "agent_heartbeat": Presenter(shape=OkShape, present=present_ok, refuse=refuse_proof),
    "agent_resume": Presenter(shape=ResumedShape, present=present_resumed, refuse=refuse_resume),
    "agent_unregister": Presenter(shape=OkShape, present=present_ok, refuse=refuse_proof),
    "agent_update": Presenter(shape=UpdatedShape, present=present_updated, refuse=refuse_update),
    "agent_set_typing": Presenter(shape=OkShape, present=present_ok),
    "agent_list": Presenter(shape=AgentsShape, present=present_agents),
}
