"""The steps from one version of the schema to the next: plain SQL that never changes once it is released."""

from __future__ import annotations

import sqlite3

_TO_VERSION_2 = (
    "ALTER TABLE threads ADD COLUMN archived_from TEXT",
    "ALTER TABLE threads ADD COLUMN message_count INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE threads ADD COLUMN settings_updated_at TEXT",
    "UPDATE threads SET message_count = (SELECT count(*) FROM messages WHERE thread_id = threads.id)",
    "DROP INDEX threads_by_creation",
    "DROP INDEX threads_listed",
    "CREATE INDEX threads_by_activity ON threads (status, coalesce(updated_at, created_at), id)",
    "ALTER TABLE agents ADD COLUMN emoji TEXT",
    """CREATE TABLE message_edits (
        message_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        old_content TEXT NOT NULL,
        edited_by TEXT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (message_id, version),
        FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE reactions (
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        thread_id TEXT NOT NULL,
        agent_id TEXT NOT NULL,
        agent_name TEXT,
        reaction TEXT NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (number),
        UNIQUE (message_id, agent_id, reaction),
        UNIQUE (id),
        FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )""",
    """CREATE TABLE participants (
        thread_id TEXT NOT NULL,
        "key" TEXT NOT NULL,
        agent_id TEXT,
        name TEXT NOT NULL,
        joined_at TEXT NOT NULL,
        read_seq INTEGER NOT NULL,
        PRIMARY KEY (thread_id, "key"),
        FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    """CREATE TABLE removals (
        thread_id TEXT NOT NULL,
        next_token INTEGER NOT NULL,
        next_event INTEGER NOT NULL,
        last_event INTEGER NOT NULL,
        PRIMARY KEY (thread_id)
    )""",
    """CREATE TABLE access_tokens (
        id TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        created_at TEXT NOT NULL,
        expires_at TEXT,
        PRIMARY KEY (id),
        UNIQUE (token_hash)
    )""",
)


def to_version_2(connection: sqlite3.Connection) -> None:
    """Add edits, reactions, participants and access tokens and removals, and count each thread's messages."""
    for statement in _TO_VERSION_2:
        connection.execute(statement)
