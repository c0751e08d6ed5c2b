"""What happened, as clients and plugins are told.

The fields of a body are its payload on the wire; `type` is its name there. An event is written in the transaction of
the change it reports, so there is no change without its event and no event without its change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from agentchatbus.model import Agent, Message, Thread

PREVIEW_LENGTH = 200
"""Characters of a message's content that its event repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBody:
    """Base of all events."""

    type: ClassVar[str]

    @property
    def subject(self) -> str | None:
        """The id of the thread that the event belongs to, or None."""
        return getattr(self, "thread_id", None)

    def payload(self) -> dict[str, Any]:
        """Return the fields as a JSON-compatible object."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A stored event; `id` rises over the whole bus and orders all events."""

    id: int
    type: str
    thread_id: str | None
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadCreated(EventBody):
    """A thread was created."""

    type: ClassVar[str] = "thread.new"
    thread_id: str
    topic: str

    @classmethod
    def of(cls, thread: Thread) -> ThreadCreated:
        return cls(thread_id=thread.id, topic=thread.topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(EventBody):
    """A message was stored; `content` is cut to `PREVIEW_LENGTH` characters and empty for human-only messages."""

    type: ClassVar[str] = "msg.new"
    msg_id: str
    thread_id: str
    author: str
    author_id: str | None
    role: str
    seq: int
    content: str

    @classmethod
    def of(cls, message: Message) -> MessagePosted:
        return cls(
            msg_id=message.id,
            thread_id=message.thread_id,
            author=message.author_name,
            author_id=message.author_id,
            role=message.role,
            seq=message.seq,
            content="" if message.is_human_only else message.content[:PREVIEW_LENGTH],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReplied(EventBody):
    """A message answers another one."""

    type: ClassVar[str] = "msg.reply"
    msg_id: str
    reply_to_msg_id: str
    thread_id: str
    author: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHandedOff(EventBody):
    """A message names the agent that goes on."""

    type: ClassVar[str] = "msg.handoff"
    msg_id: str
    thread_id: str
    from_agent: str
    to_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStopped(EventBody):
    """An author said why it ends its turn."""

    type: ClassVar[str] = "msg.stop"
    msg_id: str
    thread_id: str
    agent: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCameOnline(EventBody):
    """An agent registered or resumed."""

    type: ClassVar[str] = "agent.online"
    agent_id: str
    name: str
    ide: str
    model: str

    @classmethod
    def of(cls, agent: Agent) -> AgentCameOnline:
        return cls(agent_id=agent.id, name=agent.name, ide=agent.ide, model=agent.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWentOffline(EventBody):
    """An agent unregistered."""

    type: ClassVar[str] = "agent.offline"
    agent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginQuarantined(EventBody):
    """A plugin failed again and again and is no longer called."""

    type: ClassVar[str] = "plugin.quarantined"
    plugin: str
    hook: str
    reason: str


def of_message(message: Message) -> list[EventBody]:
    """Return all events that one new message causes, in the order in which clients see them."""
    bodies: list[EventBody] = [MessagePosted.of(message)]
    author = message.author_name
    if target := message.metadata.get("handoff_target"):
        bodies.append(
            MessageHandedOff(msg_id=message.id, thread_id=message.thread_id, from_agent=author, to_agent=str(target))
        )
    if reason := message.metadata.get("stop_reason"):
        bodies.append(TurnStopped(msg_id=message.id, thread_id=message.thread_id, agent=author, reason=str(reason)))
    if message.reply_to_msg_id:
        bodies.append(
            MessageReplied(
                msg_id=message.id,
                reply_to_msg_id=message.reply_to_msg_id,
                thread_id=message.thread_id,
                author=author,
                seq=message.seq,
            )
        )
    return bodies
