"""Rows to values and back; the columns of each table stand here once."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from agentchatbus.plugin_api import (
    Administrator,
    Agent,
    Event,
    Message,
    Priority,
    ReplyToken,
    Role,
    StoredAnswer,
    Thread,
    ThreadSettings,
    ThreadStatus,
    TokenSource,
    isoformat,
)
from agentchatbus_sql.jsontext import decode, decode_metadata, encode, encode_optional

Row = tuple[Any, ...]
Values = tuple[Any, ...]

THREAD = (
    "id, topic, created_at, status, last_seq, message_count, updated_at, closed_at, archived_from, summary, metadata, "
    "system_prompt, template_id, auto_administrator_enabled, timeout_seconds, switch_timeout_seconds, creator_admin, "
    "auto_assigned_admin, settings_updated_at"
)
MESSAGE = (
    "id, thread_id, seq, author, author_id, author_name, role, content, created_at, priority, metadata, "
    "reply_to_msg_id, edited_at, edit_version"
)
AGENT = (
    "id, name, ide, model, registered_at, last_heartbeat, last_activity_time, last_activity, description, "
    "capabilities, skills, display_name, alias_source, emoji"
)
TOKEN = "hash, thread_id, agent_id, source, issued_at, consumed_at, consumed_by, fingerprint"
EVENT = "id, type, thread_id, payload, created_at"
ANSWER = "fingerprint, answer, created_at"


def marks(columns: str) -> str:
    """Return one question mark a column."""
    return ", ".join("?" for _ in columns.split(","))


def optional_time(moment: datetime | None) -> str | None:
    """Write a moment, or NULL."""
    return isoformat(moment) if moment else None


def moment(text: str | None) -> datetime | None:
    """Read a moment, or NULL."""
    return datetime.fromisoformat(text) if text else None


def thread(row: Row) -> Thread:
    return Thread(
        id=row[0],
        topic=row[1],
        created_at=datetime.fromisoformat(row[2]),
        status=ThreadStatus(row[3]),
        last_seq=row[4],
        message_count=row[5],
        updated_at=moment(row[6]),
        closed_at=moment(row[7]),
        archived_from=ThreadStatus(row[8]) if row[8] else None,
        summary=row[9],
        metadata=decode_metadata(row[10]),
        system_prompt=row[11],
        template_id=row[12],
        settings=_settings(*row[13:19]),
    )


@lru_cache(maxsize=256)
def _settings(
    auto: int,
    timeout: int,
    switch_timeout: int,
    creator_admin: str | None,
    auto_assigned_admin: str | None,
    updated_at: str | None,
) -> ThreadSettings:
    return ThreadSettings(
        auto_administrator_enabled=bool(auto),
        timeout_seconds=timeout,
        switch_timeout_seconds=switch_timeout,
        creator_admin=_administrator(creator_admin),
        auto_assigned_admin=_administrator(auto_assigned_admin),
        updated_at=moment(updated_at),
    )


def thread_values(thread: Thread) -> Values:
    return (
        thread.id,
        thread.topic,
        isoformat(thread.created_at),
        thread.status.value,
        thread.last_seq,
        thread.message_count,
        *changing_values(thread),
        *settings_values(thread.settings),
    )


def changing_values(thread: Thread) -> Values:
    """Return what follows `message_count` and is no setting."""
    return (
        optional_time(thread.updated_at),
        optional_time(thread.closed_at),
        thread.archived_from.value if thread.archived_from else None,
        thread.summary,
        encode_optional(thread.metadata),
        thread.system_prompt,
        thread.template_id,
    )


def settings_values(settings: ThreadSettings) -> Values:
    return (
        settings.auto_administrator_enabled,
        settings.timeout_seconds,
        settings.switch_timeout_seconds,
        _administrator_json(settings.creator_admin),
        _administrator_json(settings.auto_assigned_admin),
        optional_time(settings.updated_at),
    )


def _administrator(text: str | None) -> Administrator | None:
    if text is None:
        return None
    agent_id, name, assigned_at = json.loads(text)
    return Administrator(agent_id=agent_id, name=name, assigned_at=datetime.fromisoformat(assigned_at))


def _administrator_json(administrator: Administrator | None) -> str | None:
    if administrator is None:
        return None
    return encode([administrator.agent_id, administrator.name, isoformat(administrator.assigned_at)])


def message(row: Row) -> Message:
    return Message(
        id=row[0],
        thread_id=row[1],
        seq=row[2],
        author=row[3],
        author_id=row[4],
        author_name=row[5],
        role=Role(row[6]),
        content=row[7],
        created_at=datetime.fromisoformat(row[8]),
        priority=Priority(row[9]),
        metadata=decode_metadata(row[10]),
        reply_to_msg_id=row[11],
        edited_at=moment(row[12]),
        edit_version=row[13],
    )


def message_values(message: Message) -> Values:
    return (
        message.id,
        message.thread_id,
        message.seq,
        message.author,
        message.author_id,
        message.author_name,
        message.role.value,
        message.content,
        isoformat(message.created_at),
        message.priority.value,
        encode_optional(message.metadata),
        message.reply_to_msg_id,
        optional_time(message.edited_at),
        message.edit_version,
    )


def agent(row: Row) -> Agent:
    return Agent(
        id=row[0],
        name=row[1],
        ide=row[2],
        model=row[3],
        registered_at=datetime.fromisoformat(row[4]),
        last_heartbeat=datetime.fromisoformat(row[5]),
        last_activity_time=datetime.fromisoformat(row[6]),
        last_activity=row[7],
        description=row[8],
        capabilities=decode(row[9]) if row[9] else (),
        skills=decode(row[10]) if row[10] else (),
        display_name=row[11],
        alias_source=row[12],
        emoji=row[13],
    )


def agent_values(agent: Agent) -> Values:
    return (
        agent.id,
        agent.name,
        agent.ide,
        agent.model,
        isoformat(agent.registered_at),
        isoformat(agent.last_heartbeat),
        isoformat(agent.last_activity_time),
        agent.last_activity,
        agent.description,
        encode_optional(agent.capabilities),
        encode_optional(agent.skills),
        agent.display_name,
        agent.alias_source,
        agent.emoji,
    )


def introduction_values(agent: Agent) -> Values:
    """Return what an agent says of itself and may change later."""
    return (
        agent.description,
        agent.display_name,
        agent.alias_source,
        encode_optional(agent.capabilities),
        encode_optional(agent.skills),
        agent.emoji,
    )


def token(row: Row) -> ReplyToken:
    return ReplyToken(
        hash=row[0],
        thread_id=row[1],
        agent_id=row[2],
        source=TokenSource(row[3]),
        issued_at=datetime.fromisoformat(row[4]),
        consumed_at=moment(row[5]),
        consumed_by=row[6],
        fingerprint=row[7],
    )


def token_values(token: ReplyToken) -> Values:
    return (
        token.hash,
        token.thread_id,
        token.agent_id,
        token.source.value,
        isoformat(token.issued_at),
        optional_time(token.consumed_at),
        token.consumed_by,
        token.fingerprint,
    )


def event(row: Row) -> Event:
    return Event(
        id=row[0],
        type=row[1],
        thread_id=row[2],
        payload=decode(row[3]),
        created_at=datetime.fromisoformat(row[4]),
    )


def answer(row: Row) -> StoredAnswer:
    return StoredAnswer(fingerprint=row[0], answer=decode(row[1]), created_at=datetime.fromisoformat(row[2]))
