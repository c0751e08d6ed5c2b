"""Values of the domain as JSON objects, in the one form in which events carry them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agentchatbus.clock import isoformat
from agentchatbus.emoji import HUMAN_EMOJI, agent_emoji, author_emoji
from agentchatbus.model import Administrator, Agent, Face, Message, Participant, Thread, ThreadSettings, thaw

Row = dict[str, Any]


def thread_row(thread: Thread) -> Row:
    """Return everything that lists of threads show of a thread."""
    return {
        "id": thread.id,
        "topic": thread.topic,
        "status": thread.status.value,
        "created_at": isoformat(thread.created_at),
        "updated_at": _time(thread.updated_at),
        "closed_at": _time(thread.closed_at),
        "archived_from": thread.archived_from.value if thread.archived_from else None,
        "summary": thread.summary,
        "template_id": thread.template_id,
        "system_prompt": thread.system_prompt,
        "metadata": thaw(thread.metadata),
        "last_seq": thread.last_seq,
        "message_count": thread.message_count,
        "settings": settings_row(thread.settings),
    }


def settings_row(settings: ThreadSettings) -> Row:
    """Return the settings of a thread with its administrators."""
    return {
        "auto_administrator_enabled": settings.auto_administrator_enabled,
        "timeout_seconds": settings.timeout_seconds,
        "switch_timeout_seconds": settings.switch_timeout_seconds,
        "creator_admin": _administrator(settings.creator_admin),
        "auto_assigned_admin": _administrator(settings.auto_assigned_admin),
        "updated_at": _time(settings.updated_at),
    }


def participant_row(participant: Participant, face: Face | None = None) -> Row:
    """Return somebody who takes part in a thread; an agent as it is shown."""
    agent_id = participant.agent_id
    emoji = agent_emoji(agent_id) if agent_id else HUMAN_EMOJI
    return {
        "agent_id": agent_id,
        "name": participant.name,
        "display_name": face.name if face else participant.name,
        "emoji": (face and face.emoji) or emoji,
        "joined_at": isoformat(participant.joined_at),
        "read_seq": participant.read_seq,
    }


def message_row(message: Message, face: Face | None = None) -> Row:
    """Return the whole message, its reactions aside; `face` says how its author is shown, if that is an agent."""
    emoji = author_emoji(message.author_id, message.author_name, message.role)
    return {
        "id": message.id,
        "thread_id": message.thread_id,
        "seq": message.seq,
        "author": message.author,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "author_display_name": face.name if face else message.author_name,
        "author_emoji": (face and face.emoji) or emoji,
        "role": message.role.value,
        "content": message.content,
        "created_at": isoformat(message.created_at),
        "priority": message.priority.value,
        "metadata": thaw(message.metadata),
        "reply_to_msg_id": message.reply_to_msg_id,
        "edited_at": _time(message.edited_at),
        "edit_version": message.edit_version,
    }


def agent_row(agent: Agent) -> Row:
    """Return everything that others may know of an agent."""
    return {
        "id": agent.id,
        "name": agent.name,
        "display_name": agent.display_name,
        "alias_source": agent.alias_source,
        "emoji": agent.emoji or agent_emoji(agent.id),
        "ide": agent.ide,
        "model": agent.model,
        "description": agent.description,
        "capabilities": list(agent.capabilities),
        "skills": thaw(agent.skills),
        "registered_at": isoformat(agent.registered_at),
        "last_heartbeat": isoformat(agent.last_heartbeat),
        "last_activity": agent.last_activity,
        "last_activity_time": isoformat(agent.last_activity_time),
    }


def _administrator(admin: Administrator | None) -> Row | None:
    if admin is None:
        return None
    return {"agent_id": admin.agent_id, "name": admin.name, "assigned_at": isoformat(admin.assigned_at)}


def _time(moment: datetime | None) -> str | None:
    return isoformat(moment) if moment else None
