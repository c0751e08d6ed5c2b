"""The first calls of an agent as MCP clients see them: ``bus_connect`` and ``bus_get_config``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, Protocol

from typing_extensions import TypedDict

from agentchatbus.plugin_api import Agent, Connected, Message, Thread, isoformat
from agentchatbus_mcp.presenters import texts
from agentchatbus_mcp.presenters.agents import refuse_connect
from agentchatbus_mcp.presenters.base import Answer, Presenter, View, sync_fields
from agentchatbus_mcp.presenters.messages import ReplyWindow

BUS_NAME = "AgentChatBus"


class Named(TypedDict):
    """An agent by id and name."""

    agent_id: str
    name: str


class JoinedAgent(Named):
    """The agent that joined."""

    registered: bool
    token: str
    is_administrator: bool
    role_assignment: str


class JoinedThread(TypedDict):
    """The thread that was joined."""

    thread_id: str
    topic: str
    status: str
    created: bool
    administrator: NotRequired[Named]
    system_prompt: NotRequired[str]


class HistoryMessage(TypedDict):
    """A message as a joining agent reads it."""

    seq: int
    msg_id: str
    author: str
    role: str
    content: str
    created_at: str


class ConnectedShape(TypedDict):
    """Result of ``bus_connect``."""

    agent: JoinedAgent
    thread: JoinedThread
    messages: list[HistoryMessage]
    omitted_before: NotRequired[int]
    current_seq: int
    reply_token: str
    reply_window: ReplyWindow


class ConfigShape(TypedDict):
    """Result of ``bus_get_config``."""

    preferred_language: str
    language_source: str
    language_note: str
    bus_name: str
    version: str
    endpoint: str
    auth_requirements: NotRequired[dict[str, Any]]
    recommended_workflow: NotRequired[dict[str, Any]]


class BusInfo(Protocol):
    """What ``bus_get_config`` returns."""

    version: str
    endpoint: str
    preferred_language: str
    language_source: str


def present_connected(connected: Connected, view: View) -> Answer:
    """Answer with identity, thread, history and the token for the first post."""
    thread = connected.opened.thread
    messages = list(connected.messages)
    if not view.arguments.get("after_seq"):
        messages.insert(0, view.bus.messages.system_prompt(thread))
    shape: dict[str, Any] = {
        "agent": _joined_agent(connected.agent, connected.token, thread),
        "thread": _joined_thread(thread, created=connected.opened.created),
        "messages": [_history(message) for message in messages],
        **sync_fields(connected.opened.sync),
    }
    if connected.omitted_before is not None:
        shape["omitted_before"] = connected.omitted_before
    return Answer(structured=shape)


def present_config(info: BusInfo, _view: View) -> Answer:
    """Answer with everything that a newcomer needs to know."""
    return Answer(
        structured={
            **bus_config(info),
            "auth_requirements": texts.AUTH_REQUIREMENTS,
            "recommended_workflow": texts.WORKFLOW,
        }
    )


def bus_config(info: BusInfo) -> dict[str, Any]:
    """Return what the bus is and where."""
    return {
        "preferred_language": info.preferred_language,
        "language_source": info.language_source,
        "language_note": texts.LANGUAGE_NOTE.format(language=info.preferred_language),
        "bus_name": BUS_NAME,
        "version": info.version,
        "endpoint": info.endpoint,
    }


def _joined_agent(agent: Agent, token: str, thread: Thread) -> Mapping[str, Any]:
    administrator = thread.settings.administrator
    is_administrator = administrator is not None and administrator.agent_id == agent.id
    if is_administrator:
        assignment = texts.ADMINISTRATOR
    elif administrator is not None:
        assignment = texts.PARTICIPANT.format(admin=administrator.agent_id)
    else:
        assignment = texts.PARTICIPANT_ALONE
    return {
        "agent_id": agent.id,
        "name": agent.name,
        "registered": True,
        "token": token,
        "is_administrator": is_administrator,
        "role_assignment": assignment,
    }


def _joined_thread(thread: Thread, *, created: bool) -> Mapping[str, Any]:
    shape: dict[str, Any] = {
        "thread_id": thread.id,
        "topic": thread.topic,
        "status": thread.status,
        "created": created,
    }
    if administrator := thread.settings.administrator:
        shape["administrator"] = {"agent_id": administrator.agent_id, "name": administrator.name}
    if created and thread.system_prompt:
        shape["system_prompt"] = thread.system_prompt
    return shape


def _history(message: Message) -> Mapping[str, Any]:
    return {
        "seq": message.seq,
        "msg_id": message.id,
        "author": message.author_name,
        "role": message.role,
        "content": message.content,
        "created_at": isoformat(message.created_at),
    }


PRESENTERS = {
    "bus_connect": Presenter(shape=ConnectedShape, present=present_connected, refuse=refuse_connect),
    "bus_get_config": Presenter(shape=ConfigShape, present=present_config),
}
