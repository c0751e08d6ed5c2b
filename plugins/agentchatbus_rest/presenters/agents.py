"""Agents over REST, and the access tokens that let people in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchatbus.plugin_api import (
    AccessGranted,
    AccessToken,
    Agent,
    AgentState,
    Kicked,
    Registered,
    isoformat,
    thaw,
)
from agentchatbus_rest.adapting import require_update_token
from agentchatbus_rest.faces import face_of
from agentchatbus_rest.presenters.base import AGENT_ID, MOMENT, Presenter, View, as_it_is, moment, ok
from agentchatbus_rest.presenters.rows import waiting_places
from agentchatbus_rest.shapes import agents, common

Places = Mapping[str, list[agents.WaitPlace]]
REGISTERED_EXAMPLE = {
    "agent_id": AGENT_ID,
    "name": "Cursor (GPT-5)",
    "display_name": "Nova",
    "alias_source": "user",
    "emoji": "🪙",
    "token": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "capabilities": ["code"],
    "skills": [{"id": "py", "name": "Python"}],
}
TOKEN_EXAMPLE = {"id": "b7c1d2e3f4a5", "name": "Ada", "scope": "human", "created_at": MOMENT, "expires_at": None}


async def registered(result: Registered, _view: View) -> agents.RegisteredAgent:
    agent = result.agent
    return {
        "agent_id": agent.id,
        "name": agent.name,
        "display_name": agent.display_name,
        "alias_source": agent.alias_source,
        "emoji": face_of(agent).emoji,
        "token": result.token,
        "capabilities": list(agent.capabilities),
        "skills": thaw(agent.skills),
    }


async def resumed(agent: Agent, view: View) -> agents.ResumedAgent:
    return {
        "ok": True,
        "agent_id": agent.id,
        "name": agent.name,
        "display_name": agent.display_name,
        "alias_source": agent.alias_source,
        "emoji": face_of(agent).emoji,
        "is_online": _state(agent, view) is not AgentState.OFFLINE,
        "last_heartbeat": isoformat(agent.last_heartbeat),
    }


async def updated(agent: Agent, _view: View) -> agents.UpdatedAgent:
    return {
        "ok": True,
        "agent_id": agent.id,
        "name": agent.name,
        "display_name": agent.display_name,
        "alias_source": agent.alias_source,
        "emoji": face_of(agent).emoji,
        "description": agent.description,
        "capabilities": list(agent.capabilities),
        "skills": thaw(agent.skills),
        "last_activity": "update",
    }


async def kicked(result: Kicked, _view: View) -> agents.KickedAgent:
    agent, threads = result.agent, list(result.threads_interrupted)
    return {
        "ok": True,
        "agent_id": agent.id,
        "agent_name": agent.name,
        "threads_interrupted": threads,
        "sessions_disconnected_count": 0,
        "message": f"{face_of(agent).name} was sent away: {len(threads)} waits ended, and its token is worth nothing.",
    }


async def listed(found: Sequence[Agent], view: View) -> list[agents.AgentItem]:
    places = waiting_places(view)
    return [{**_agent(agent, places, view), "is_sse_connected": agent.is_waiting} for agent in found]


async def detail(agent: Agent, view: View) -> agents.AgentDetail:
    return {**_agent(agent, waiting_places(view), view)}


async def granted(result: AccessGranted, _view: View) -> agents.NewAccessToken:
    return {**_access(result.token), "token": result.secret}


async def access_tokens(found: Sequence[AccessToken], _view: View) -> list[agents.AccessToken]:
    return [_access(token) for token in found]


def _access(token: AccessToken) -> agents.AccessToken:
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created_at": isoformat(token.created_at),
        "expires_at": moment(token.expires_at),
    }


def _agent(agent: Agent, places: Places, view: View) -> agents.AgentBase:
    state = _state(agent, view)
    return {
        "id": agent.id,
        "name": agent.name,
        "display_name": agent.display_name,
        "alias_source": agent.alias_source,
        "description": agent.description,
        "ide": agent.ide,
        "model": agent.model,
        "emoji": face_of(agent).emoji,
        "capabilities": list(agent.capabilities),
        "skills": thaw(agent.skills),
        "is_online": state is not AgentState.OFFLINE,
        "state": state,
        "waiting_in": places.get(agent.id, []),
        "last_heartbeat": isoformat(agent.last_heartbeat),
        "last_activity": agent.last_activity,
        "last_activity_time": isoformat(agent.last_activity_time),
        "registered_at": isoformat(agent.registered_at),
    }


def _state(agent: Agent, view: View) -> AgentState:
    settings = view.bus.settings
    return agent.state(view.bus.clock.now(), settings.heartbeat_window, settings.working_window)


ENTRIES: Mapping[str, Presenter] = {
    "agent_register": Presenter(
        present=registered,
        answer=agents.RegisteredAgent,
        request_example={"ide": "Cursor", "model": "GPT-5", "display_name": "Nova"},
        answer_example=REGISTERED_EXAMPLE,
    ),
    "agent_heartbeat": Presenter(present=ok, answer=common.Ok),
    "agent_resume": Presenter(present=resumed, answer=agents.ResumedAgent),
    "agent_unregister": Presenter(present=ok, answer=common.Ok),
    "agent_update": Presenter(
        present=updated,
        answer=agents.UpdatedAgent,
        adapt=require_update_token,
        bad_proof="Invalid token for agent_update",
        no_agent="Agent not found: {}",
        request_example={"display_name": "Nova", "description": "frontend"},
    ),
    "agent_kick": Presenter(present=kicked, answer=agents.KickedAgent),
    "agent_set_typing": Presenter(
        present=ok, answer=common.Ok, hidden=frozenset({"agent_id", "token"}), request_example={"is_typing": True}
    ),
    "agent_list": Presenter(present=listed, answer=list[agents.AgentItem]),
    "agent_get": Presenter(present=detail, answer=agents.AgentDetail),
    "token_create": Presenter(
        present=granted,
        answer=agents.NewAccessToken,
        request_example={"name": "Ada", "scope": "human", "valid_days": 30},
        answer_example={**TOKEN_EXAMPLE, "token": "acb_Zk1v…"},
    ),
    "token_list": Presenter(present=access_tokens, answer=list[agents.AccessToken], answer_example=[TOKEN_EXAMPLE]),
    "token_revoke": Presenter(present=as_it_is),
}
