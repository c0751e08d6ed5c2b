"""Reactions to messages."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agentchatbus.plugin_api import Reaction, ReactionStore, isoformat
from agentchatbus_sql import rows
from agentchatbus_sql.jsontext import encode
from agentchatbus_sql.removals import OF_REMOVED

_COLUMNS = "id, message_id, agent_id, agent_name, reaction, created_at"
_ADD = (
    f"INSERT INTO reactions ({_COLUMNS}, thread_id) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT thread_id FROM messages WHERE id = ?2))"
)
_ONE = "message_id = ? AND agent_id = ? AND reaction = ?"
_GET = f"SELECT {_COLUMNS} FROM reactions WHERE {_ONE} AND thread_id NOT {OF_REMOVED}"
_REMOVE = f"DELETE FROM reactions WHERE {_ONE}"
_OF = (
    f"SELECT {_COLUMNS} FROM reactions WHERE message_id IN (SELECT value FROM json_each(?)) "
    f"AND thread_id NOT {OF_REMOVED} ORDER BY created_at, number"
)


class SqlReactions(ReactionStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def add(self, reaction: Reaction) -> None:
        who = (reaction.agent_id, reaction.agent_name)
        created_at = isoformat(reaction.created_at)
        self._execute(_ADD, (reaction.id, reaction.message_id, *who, reaction.reaction, created_at))

    def get(self, message_id: str, agent_id: str, reaction: str) -> Reaction | None:
        row = self._execute(_GET, (message_id, agent_id, reaction)).fetchone()
        return _reaction(row) if row else None

    def remove(self, message_id: str, agent_id: str, reaction: str) -> None:
        self._execute(_REMOVE, (message_id, agent_id, reaction))

    def of(self, message_ids: Sequence[str]) -> dict[str, list[Reaction]]:
        found: dict[str, list[Reaction]] = {}
        for row in self._execute(_OF, (encode(list(message_ids)),)):
            found.setdefault(row[1], []).append(_reaction(row))
        return found


def _reaction(row: rows.Row) -> Reaction:
    return Reaction(
        id=row[0],
        message_id=row[1],
        agent_id=row[2],
        agent_name=row[3],
        reaction=row[4],
        created_at=datetime.fromisoformat(row[5]),
    )
