"""Values of the bus in the shapes of the REST contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from agentchatbus.plugin_api import (
    Agent,
    Bus,
    Message,
    Posted,
    Registered,
    SyncContext,
    Thread,
    ThreadOpened,
    ThreadPage,
    WaitOutcome,
    agent_emoji,
    author_emoji,
    isoformat,
    thaw,
)
from agentchatbus_rest import shapes
from agentchatbus_rest.http import json_text
from agentchatbus_rest.names import DisplayNames

NEVER = "9999-12-31T23:59:59+00:00"
"""When reply tokens expire: they end by being used."""

Waiting = defaultdict[str, dict[str, shapes.WaitingAgent]]
"""The agents that wait, by thread and id; an agent may wait twice and is shown once."""


class Rendering:
    """Renders results; what a result does not hold itself it takes from the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._names = DisplayNames(bus)

    async def ok(self, _: Any) -> shapes.Ok:
        return {"ok": True}

    async def as_it_is(self, result: Any) -> Any:
        """Leave it to the encoder, for operations without a shape of their own."""
        return result

    async def thread_page(self, page: ThreadPage) -> shapes.ThreadList:
        waiting = await self._waiting()
        return {
            "threads": [_thread(thread, waiting) for thread in page.threads],
            "total": page.total,
            "has_more": page.next_cursor is not None,
            "next_cursor": page.next_cursor,
        }

    async def thread(self, thread: Thread) -> shapes.ThreadDetail:
        return {
            **_thread(thread, await self._waiting()),
            "closed_at": isoformat(thread.closed_at) if thread.closed_at else None,
            "summary": thread.summary,
            "template_id": thread.template_id,
            "metadata": thaw(thread.metadata),
        }

    async def opened(self, opened: ThreadOpened) -> shapes.OpenedThread:
        thread = opened.thread
        return {
            "id": thread.id,
            "topic": thread.topic,
            "status": thread.status,
            "system_prompt": thread.system_prompt,
            "template_id": thread.template_id,
            "created_at": isoformat(thread.created_at),
            "created": opened.created,
            **await self.sync(opened.sync),
        }

    async def sync(self, sync: SyncContext) -> shapes.Sync:
        return {
            "reply_token": sync.reply_token,
            "current_seq": sync.current_seq,
            "reply_window": {"expires_at": NEVER, "max_new_messages": sync.max_new_messages},
        }

    async def posted(self, posted: Posted) -> shapes.PostedMessage:
        message = posted.message
        return _posted(message, await self._names.of(message.author_id))

    async def messages(self, messages: Sequence[Message]) -> list[shapes.MessageItem]:
        names = await self._names.of_all(message.author_id for message in messages)
        return [
            {
                **_posted(message, names.get(message.author_id or "")),
                "edited_at": isoformat(message.edited_at) if message.edited_at else None,
                "edit_version": message.edit_version,
                "reactions": [],
            }
            for message in messages
        ]

    async def waited(self, outcome: WaitOutcome) -> shapes.Waited:
        return {
            "messages": await self.messages(outcome.messages),
            "reason": outcome.reason,
            **await self.sync(outcome.sync),
        }

    async def message(self, message: Message) -> shapes.MessageDetail:
        (item,) = await self.messages([message])
        return {**item, "thread_id": message.thread_id, "metadata": thaw(message.metadata)}

    async def registered(self, registered: Registered) -> shapes.RegisteredAgent:
        agent = registered.agent
        return {
            "agent_id": agent.id,
            "name": agent.name,
            "display_name": agent.display_name,
            "alias_source": agent.alias_source,
            "emoji": agent_emoji(agent.id),
            "token": registered.token,
            "capabilities": list(agent.capabilities),
            "skills": thaw(agent.skills),
        }

    async def resumed(self, agent: Agent) -> shapes.ResumedAgent:
        return {
            "ok": True,
            "agent_id": agent.id,
            "name": agent.name,
            "display_name": agent.display_name,
            "alias_source": agent.alias_source,
            "emoji": agent_emoji(agent.id),
            "is_online": self._is_online(agent),
            "last_heartbeat": isoformat(agent.last_heartbeat),
        }

    async def agents(self, agents: Sequence[Agent]) -> list[shapes.AgentItem]:
        return [{**self._agent(agent), "is_sse_connected": False} for agent in agents]

    async def agent(self, agent: Agent) -> shapes.AgentDetail:
        return {**self._agent(agent), "registered_at": isoformat(agent.registered_at)}

    async def _waiting(self) -> Waiting:
        """Return who waits right now, by thread."""
        states = self._bus.waiting.states()
        names = await self._names.of_all(state.agent_id for state in states)
        waiting: Waiting = defaultdict(dict)
        for state in states:
            agent_id = state.agent_id
            name = names[agent_id] or agent_id
            waiting[state.thread_id][agent_id] = {"id": agent_id, "display_name": name, "emoji": agent_emoji(agent_id)}
        return waiting

    def _agent(self, agent: Agent) -> shapes.AgentBase:
        return {
            "id": agent.id,
            "name": agent.name,
            "display_name": agent.display_name,
            "alias_source": agent.alias_source,
            "description": agent.description,
            "ide": agent.ide,
            "model": agent.model,
            "emoji": agent_emoji(agent.id),
            "capabilities": list(agent.capabilities),
            "skills": thaw(agent.skills),
            "is_online": self._is_online(agent),
            "last_heartbeat": isoformat(agent.last_heartbeat),
            "last_activity": agent.last_activity,
            "last_activity_time": isoformat(agent.last_activity_time),
        }

    def _is_online(self, agent: Agent) -> bool:
        return agent.is_online(self._bus.clock.now(), self._bus.settings.heartbeat_window)


def _thread(thread: Thread, waiting: Waiting) -> shapes.ThreadItem:
    return {
        "id": thread.id,
        "topic": thread.topic,
        "status": thread.status,
        "system_prompt": thread.system_prompt,
        "created_at": isoformat(thread.created_at),
        "updated_at": isoformat(thread.updated_at) if thread.updated_at else None,
        "last_seq": thread.last_seq,
        "waiting_agents": list(waiting[thread.id].values()) if thread.id in waiting else [],
    }


def _posted(message: Message, display_name: str | None) -> shapes.PostedMessage:
    return {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "author_display_name": display_name or message.author_name,
        "author_emoji": author_emoji(message.author_id, message.author_name, message.role),
        "role": message.role,
        "content": message.content,
        "created_at": isoformat(message.created_at),
        "priority": message.priority,
        "reply_to_msg_id": message.reply_to_msg_id,
        "metadata": json_text(message.metadata) if message.metadata else None,
    }
