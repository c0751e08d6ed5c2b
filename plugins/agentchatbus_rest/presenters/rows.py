"""Parts of answers that several operations share: messages, who waits, who takes part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from agentchatbus.plugin_api import Message, Participant, ThreadOverview, agent_emoji, isoformat, thaw
from agentchatbus_rest.faces import Face, author_face
from agentchatbus_rest.http import json_text
from agentchatbus_rest.presenters.base import View, moment
from agentchatbus_rest.shapes import agents, common, messages, threads

PREVIEW_LENGTH = 200
"""Characters of the newest message that a list of threads shows."""

HUMAN_EMOJI = "👤"

Faces = Mapping[str, Face]
Waiting = defaultdict[str, dict[str, common.WaitingAgent]]
"""The agents that wait, by thread and id; an agent may wait twice and is shown once."""


async def waiting_agents(view: View) -> Waiting:
    """Return who waits right now, by thread."""
    states = view.bus.waiting.states()
    faces = await view.faces.of(state.agent_id for state in states)
    waiting: Waiting = defaultdict(dict)
    for state in states:
        agent_id = state.agent_id
        face = faces.get(agent_id) or Face(agent_id, agent_emoji(agent_id))
        waiting[state.thread_id][agent_id] = {
            "id": agent_id,
            "display_name": face.name,
            "emoji": face.emoji,
            "since": isoformat(state.entered_at),
            "waiting_for": list(state.waiting_for),
        }
    return waiting


def waiting_places(view: View) -> Mapping[str, list[agents.WaitPlace]]:
    """Return where agents wait right now, by agent."""
    places: dict[str, list[agents.WaitPlace]] = {}
    for state in view.bus.waiting.states():
        place: agents.WaitPlace = {
            "thread_id": state.thread_id,
            "since": isoformat(state.entered_at),
            "waiting_for": list(state.waiting_for),
        }
        places.setdefault(state.agent_id, []).append(place)
    return places


def authors_of(overviews: Iterable[ThreadOverview]) -> Iterable[str | None]:
    """Yield the ids of all agents that overviews name."""
    for overview in overviews:
        yield overview.last_message.author_id if overview.last_message else None
        yield from (participant.agent_id for participant in overview.participants)


def overview_of(overview: ThreadOverview | None, faces: Faces) -> threads.Overview:
    """Return what is shown of a thread besides itself."""
    if overview is None:
        return {"last_message": None, "participants": [], "unread": None}
    newest = overview.last_message
    return {
        "last_message": last_message(newest, faces) if newest else None,
        "participants": [participant_of(participant, faces) for participant in overview.participants],
        "unread": overview.unread,
    }


def participant_of(participant: Participant, faces: Faces) -> common.ParticipantItem:
    """Return somebody who takes part in a thread."""
    agent_id = participant.agent_id
    face = faces.get(agent_id or "") or Face(participant.name, agent_emoji(agent_id) if agent_id else HUMAN_EMOJI)
    return {
        "agent_id": agent_id,
        "name": participant.name,
        "display_name": face.name,
        "emoji": face.emoji,
        "joined_at": isoformat(participant.joined_at),
        "read_seq": participant.read_seq,
    }


def last_message(message: Message, faces: Faces) -> messages.LastMessage:
    """Return the beginning of a thread's newest message."""
    face = _face(message, faces)
    return {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "author_display_name": face.name,
        "author_emoji": face.emoji,
        "role": message.role,
        "content": message.content[:PREVIEW_LENGTH],
        "created_at": isoformat(message.created_at),
        "priority": message.priority,
    }


def posted_of(message: Message, faces: Faces) -> messages.PostedMessage:
    """Return a message as its author gets it back."""
    return {
        **last_message(message, faces),
        "content": message.content,
        "reply_to_msg_id": message.reply_to_msg_id,
        "metadata": json_text(message.metadata) if message.metadata else None,
    }


def item_of(message: Message, faces: Faces) -> messages.MessageItem:
    """Return a message as lists show it."""
    return {**posted_of(message, faces), **_marks(message)}


def detail_of(message: Message, faces: Faces) -> messages.MessageDetail:
    """Return one message."""
    return {
        **last_message(message, faces),
        "content": message.content,
        "thread_id": message.thread_id,
        "reply_to_msg_id": message.reply_to_msg_id,
        "metadata": thaw(message.metadata),
        **_marks(message),
    }


async def items_of(found: Sequence[Message], view: View) -> list[messages.MessageItem]:
    """Return several messages."""
    faces = await view.faces.of(message.author_id for message in found)
    return [item_of(message, faces) for message in found]


def _marks(message: Message) -> messages.Marks:
    return {
        "edited_at": moment(message.edited_at),
        "edit_version": message.edit_version,
        "reactions": [
            {
                "id": reaction.id,
                "message_id": reaction.message_id,
                "agent_id": reaction.agent_id,
                "agent_name": reaction.agent_name,
                "reaction": reaction.reaction,
                "created_at": isoformat(reaction.created_at),
            }
            for reaction in message.reactions
        ],
    }


def _face(message: Message, faces: Faces) -> Face:
    return author_face(faces.get(message.author_id or ""), message.author_id, message.author_name, message.role)
