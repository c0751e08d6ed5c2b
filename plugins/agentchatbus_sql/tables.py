"""The tables, as SQLModel classes: the one description of the newest schema.

Imported only when a new database is made: SQLModel takes longer to import than the rest of the bus takes to start.
Times are ISO 8601 text in UTC, so they sort; JSON is compact text, NULL when it is empty.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import Field, SQLModel


class Table(SQLModel):
    """Base of the tables, with a catalogue of its own so that it meets no other program's."""

    metadata: ClassVar[MetaData] = MetaData()


def _thread_reference(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "thread_id", Text, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


def _message_reference(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "message_id", Text, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


class ThreadRow(Table, table=True):
    """A thread; what changes with every message comes first, so that an update touches one page."""

    __tablename__ = "threads"
    __table_args__ = (
        Index("threads_by_status", "status", "created_at", "id"),
        Index("threads_by_activity", "status", text("coalesce(updated_at, created_at)"), "id"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    last_seq: int
    updated_at: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)
    closed_at: str | None = Field(sa_type=Text)
    topic: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    template_id: str | None = Field(sa_type=Text)
    auto_administrator_enabled: int
    timeout_seconds: int
    switch_timeout_seconds: int
    creator_admin: str | None = Field(sa_type=Text)
    auto_assigned_admin: str | None = Field(sa_type=Text)
    summary: str | None = Field(sa_type=Text)
    metadata_json: str | None = Field(sa_column=Column("metadata", Text))
    system_prompt: str | None = Field(sa_type=Text)
    archived_from: str | None = Field(sa_type=Text)
    message_count: int = Field(sa_column=Column(Integer, nullable=False, server_default=text("0")))
    settings_updated_at: str | None = Field(sa_type=Text)


class MessageRow(Table, table=True):
    """A message; `number` gives other tables, such as a search index, a short key."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("thread_id", "seq"),
        Index("messages_by_priority", "thread_id", "priority", "seq", sqlite_where=text("priority <> 'normal'")),
        Index(
            "messages_by_handoff",
            "thread_id",
            text("json_extract(metadata, '$.handoff_target')"),
            "seq",
            sqlite_where=text("json_extract(metadata, '$.handoff_target') IS NOT NULL"),
        ),
    )

    number: int | None = Field(primary_key=True)
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    thread_id: str = Field(sa_column=_thread_reference())
    seq: int
    author: str = Field(sa_type=Text)
    author_id: str | None = Field(sa_type=Text)
    author_name: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    priority: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)
    edited_at: str | None = Field(sa_type=Text)
    edit_version: int
    reply_to_msg_id: str | None = Field(sa_type=Text)
    metadata_json: str | None = Field(sa_column=Column("metadata", Text))
    content: str = Field(sa_type=Text)


class MessageEditRow(Table, table=True):
    """The text of a message before one of its edits."""

    __tablename__ = "message_edits"

    message_id: str = Field(sa_column=_message_reference(primary_key=True))
    version: int = Field(primary_key=True)
    old_content: str = Field(sa_type=Text)
    edited_by: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)


class ReactionRow(Table, table=True):
    """A reaction to a message."""

    __tablename__ = "reactions"
    __table_args__ = (UniqueConstraint("message_id", "agent_id", "reaction"),)

    number: int | None = Field(primary_key=True)
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    message_id: str = Field(sa_column=_message_reference())
    thread_id: str = Field(sa_type=Text)
    agent_id: str = Field(sa_type=Text)
    agent_name: str | None = Field(sa_type=Text)
    reaction: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)


class ParticipantRow(Table, table=True):
    """Somebody who joined a thread or spoke in it; found and changed with every post, so it is one short row."""

    __tablename__ = "participants"
    __table_args__: ClassVar = {"sqlite_with_rowid": False}

    thread_id: str = Field(sa_column=_thread_reference(primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    agent_id: str | None = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    joined_at: str = Field(sa_type=Text)
    read_seq: int


class RemovalRow(Table, table=True):
    """A thread that was removed and of which something is still there; `next_` is where to go on looking for it."""

    __tablename__ = "removals"

    thread_id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    next_token: int
    next_event: int
    last_event: int


class AgentRow(Table, table=True):
    """A registered agent and the hash of its token."""

    __tablename__ = "agents"
    __table_args__ = (Index("agents_by_display_name", "display_name"),)

    number: int | None = Field(primary_key=True)
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    token_hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    last_heartbeat: str = Field(sa_type=Text)
    last_activity: str = Field(sa_type=Text)
    last_activity_time: str = Field(sa_type=Text)
    registered_at: str = Field(sa_type=Text)
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    display_name: str = Field(sa_type=Text)
    alias_source: str = Field(sa_type=Text)
    ide: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    capabilities: str | None = Field(sa_type=Text)
    skills: str | None = Field(sa_type=Text)
    emoji: str | None = Field(sa_type=Text)


class AccessTokenRow(Table, table=True):
    """An access token and the hash of its secret."""

    __tablename__ = "access_tokens"

    id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    token_hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    name: str = Field(sa_type=Text)
    scope: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)
    expires_at: str | None = Field(sa_type=Text)


class ReplyTokenRow(Table, table=True):
    """A reply token, known by its hash only.

    Each post uses one and issues one, so the indexes are kept small: open tokens in one, used ones by age in another.
    No reference to the agent: a token may be asked for an agent that has left a moment ago.
    """

    __tablename__ = "reply_tokens"
    __table_args__ = (
        Index("reply_tokens_open", "agent_id", "thread_id", sqlite_where=text("consumed_at IS NULL")),
        Index("reply_tokens_used", "consumed_at", sqlite_where=text("consumed_at IS NOT NULL")),
    )

    number: int | None = Field(primary_key=True)
    hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    thread_id: str = Field(sa_column=_thread_reference())
    agent_id: str | None = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    issued_at: str = Field(sa_type=Text)
    consumed_at: str | None = Field(sa_type=Text)
    consumed_by: str | None = Field(sa_type=Text)
    fingerprint: str | None = Field(sa_type=Text)


class RefreshRequestRow(Table, table=True):
    """An agent whose next wait in a thread returns at once."""

    __tablename__ = "refresh_requests"

    agent_id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    thread_id: str = Field(sa_column=_thread_reference(primary_key=True))
    requested_at: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class EventRow(Table, table=True):
    """An event; AUTOINCREMENT never gives an id twice, not even after the newest events were pruned."""

    __tablename__ = "events"
    __table_args__: ClassVar = {"sqlite_autoincrement": True}

    id: int | None = Field(primary_key=True)
    type: str = Field(sa_type=Text)
    thread_id: str | None = Field(sa_type=Text)
    payload: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)


class AnswerRow(Table, table=True):
    """The first answer to a write with an idempotency key."""

    __tablename__ = "answers"
    __table_args__ = (Index("answers_by_age", "created_at"),)

    scope: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    key: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    fingerprint: str = Field(sa_type=Text)
    answer: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)


class DocumentRow(Table, table=True):
    """A JSON document of a plugin."""

    __tablename__ = "documents"

    namespace: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    key: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    document: str = Field(sa_type=Text)


def statements() -> list[str]:
    """Return the SQL that makes every table and index."""
    dialect = sqlite.dialect()
    made: list[str] = []
    for table in Table.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in indexes)
    return made
