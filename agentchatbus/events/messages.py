"""Events of messages; those that change one carry it whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agentchatbus.clock import isoformat
from agentchatbus.events.base import EventBody
from agentchatbus.events.rows import Row, message_row
from agentchatbus.model import Face, Message, Reaction

PREVIEW_LENGTH = 200
"""Characters that the field `content` of an event repeats; `message` has them all."""


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
    message: Row

    @classmethod
    def of(cls, message: Message, face: Face | None = None) -> MessagePosted:
        return cls(
            msg_id=message.id,
            thread_id=message.thread_id,
            author=message.author_name,
            author_id=message.author_id,
            role=message.role.value,
            seq=message.seq,
            content=_preview(message),
            message=message_row(message, face),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReplied(EventBody):
    """A message answers another one."""

    type: ClassVar[str] = "msg.reply"
    msg_id: str
    reply_to_msg_id: str
    thread_id: str
    author: str
    author_id: str | None
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHandedOff(EventBody):
    """A message names the agent that goes on (its id, as given)."""

    type: ClassVar[str] = "msg.handoff"
    msg_id: str
    thread_id: str
    from_agent: str
    from_agent_id: str | None
    to_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStopped(EventBody):
    """An author said why it ends its turn."""

    type: ClassVar[str] = "msg.stop"
    msg_id: str
    thread_id: str
    agent: str
    agent_id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(EventBody):
    """A message has another text."""

    type: ClassVar[str] = "msg.edit"
    msg_id: str
    thread_id: str
    edited_by: str
    version: int
    content: str
    message: Row

    @classmethod
    def of(cls, message: Message, edited_by: str, face: Face | None = None) -> MessageEdited:
        return cls(
            msg_id=message.id,
            thread_id=message.thread_id,
            edited_by=edited_by,
            version=message.edit_version,
            content=_preview(message),
            message=message_row(message, face),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUpdated(EventBody):
    """A message has other metadata, such as a card that was decided; its text is the same."""

    type: ClassVar[str] = "msg.updated"
    msg_id: str
    thread_id: str
    message: Row

    @classmethod
    def of(cls, message: Message, face: Face | None = None) -> MessageUpdated:
        return cls(msg_id=message.id, thread_id=message.thread_id, message=message_row(message, face))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReacted(EventBody):
    """Somebody reacted to a message."""

    type: ClassVar[str] = "msg.react"
    reaction_id: str
    message_id: str
    thread_id: str
    agent_id: str
    agent_name: str | None
    reaction: str
    created_at: str

    @classmethod
    def of(cls, reaction: Reaction, thread_id: str) -> MessageReacted:
        return cls(
            reaction_id=reaction.id,
            message_id=reaction.message_id,
            thread_id=thread_id,
            agent_id=reaction.agent_id,
            agent_name=reaction.agent_name,
            reaction=reaction.reaction,
            created_at=isoformat(reaction.created_at),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRemoved(EventBody):
    """Somebody took a reaction back."""

    type: ClassVar[str] = "msg.unreact"
    message_id: str
    thread_id: str
    agent_id: str
    reaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRefused(EventBody):
    """What an agent wanted to say, or to change, was refused; it is told live only and stored nowhere.

    It holds nothing of the text. `reason` is the code of the error; a plugin may name a `pattern`.
    """

    type: ClassVar[str] = "msg.refused"
    thread_id: str
    agent_id: str
    name: str
    reason: str
    pattern: str | None
    plugin: str | None
    refused_at: str


def of_message(message: Message, face: Face | None = None) -> list[EventBody]:
    """Return all events that one new message causes, in the order in which clients see them."""
    bodies: list[EventBody] = [MessagePosted.of(message, face)]
    where = {"msg_id": message.id, "thread_id": message.thread_id}
    author, author_id = message.author_name, message.author_id
    if target := message.metadata.get("handoff_target"):
        bodies.append(MessageHandedOff(**where, from_agent=author, from_agent_id=author_id, to_agent=str(target)))
    if reason := message.metadata.get("stop_reason"):
        bodies.append(TurnStopped(**where, agent=author, agent_id=author_id, reason=str(reason)))
    if target := message.reply_to_msg_id:
        reply = MessageReplied(**where, reply_to_msg_id=target, author=author, author_id=author_id, seq=message.seq)
        bodies.append(reply)
    return bodies


def _preview(message: Message) -> str:
    return "" if message.is_human_only else message.content[:PREVIEW_LENGTH]
