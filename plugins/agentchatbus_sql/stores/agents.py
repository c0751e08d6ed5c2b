"""Registered agents."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from datetime import datetime

from agentchatbus.plugin_api import KICKED, Agent, AgentStore, isoformat
from agentchatbus_sql import rows

_SELECT = f"SELECT {rows.AGENT} FROM agents"
_GET = f"{_SELECT} WHERE id = ?"
_BY_TOKEN = f"{_SELECT} WHERE token_hash = ?"
_BY_NAME = f"{_SELECT} WHERE name = ?"
_BY_DISPLAY_NAME = f"{_SELECT} WHERE display_name = ? AND display_name <> '' ORDER BY registered_at, number LIMIT 1"
_ALL = f"{_SELECT} ORDER BY registered_at, number"
_ADD = f"INSERT INTO agents ({rows.AGENT}, token_hash) VALUES ({rows.marks(rows.AGENT)}, ?)"
_UPDATE = (
    "UPDATE agents SET description = ?, display_name = ?, alias_source = ?, capabilities = ?, skills = ?, "
    "emoji = ? WHERE id = ?"
)
_IS_HERE = f"WHERE id = ? AND last_activity <> '{KICKED}'"
_TOUCH = f"UPDATE agents SET last_activity = ?, last_activity_time = ? {_IS_HERE}"
_BEAT = f"UPDATE agents SET last_activity = ?, last_activity_time = ?, last_heartbeat = ? {_IS_HERE}"
_SET_TOKEN = "UPDATE agents SET token_hash = ? WHERE id = ?"
_REMOVE = (
    "DELETE FROM reply_tokens WHERE agent_id = ? AND consumed_at IS NULL",
    "DELETE FROM refresh_requests WHERE agent_id = ?",
    "DELETE FROM agents WHERE id = ?",
)


class SqlAgents(AgentStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, agent_id: str) -> Agent | None:
        return self._one(_GET, agent_id)

    def by_token(self, token_hash: str) -> Agent | None:
        return self._one(_BY_TOKEN, token_hash)

    def by_name(self, name: str) -> Agent | None:
        return self._one(_BY_NAME, name) or self._one(_BY_DISPLAY_NAME, name)

    def _one(self, statement: str, key: str) -> Agent | None:
        row = self._execute(statement, (key,)).fetchone()
        return rows.agent(row) if row else None

    def all(self) -> list[Agent]:
        return [rows.agent(row) for row in self._execute(_ALL)]

    def add(self, agent: Agent, token_hash: str) -> None:
        self._execute(_ADD, (*rows.agent_values(agent), token_hash))

    def update(self, agent: Agent) -> None:
        self._execute(_UPDATE, (*rows.introduction_values(agent), agent.id))

    def touch(self, agent_id: str, activity: str, at: datetime, *, heartbeat: bool) -> bool:
        moment = isoformat(at)
        if heartbeat:
            touched = self._execute(_BEAT, (activity, moment, moment, agent_id))
        else:
            touched = self._execute(_TOUCH, (activity, moment, agent_id))
        return touched.rowcount > 0

    def set_token(self, agent_id: str, token_hash: str) -> None:
        self._execute(_SET_TOKEN, (token_hash, agent_id))

    def remove(self, agent_id: str) -> None:
        for statement in _REMOVE:
            self._execute(statement, (agent_id,))
