"""Who joined or spoke in a thread."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agentchatbus.plugin_api import Participant, ParticipantStore
from agentchatbus_sql import rows

_COLUMNS = "thread_id, key, agent_id, name, joined_at, read_seq"
_PUT = (
    f"INSERT INTO participants ({_COLUMNS}) VALUES ({rows.marks(_COLUMNS)}) ON CONFLICT (thread_id, key) "
    "DO UPDATE SET read_seq = excluded.read_seq WHERE excluded.read_seq > participants.read_seq"
)
_OF = f"SELECT {_COLUMNS} FROM participants WHERE thread_id = ? ORDER BY joined_at, key"


class SqlParticipants(ParticipantStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def put(self, participant: Participant) -> None:
        who = (participant.thread_id, participant.key, participant.agent_id, participant.name)
        self._execute(_PUT, (*who, rows.moment_text(participant.joined_at), participant.read_seq))

    def of(self, thread_ids: Sequence[str]) -> dict[str, list[Participant]]:
        found = {thread_id: self._of(thread_id) for thread_id in thread_ids}
        return {thread_id: participants for thread_id, participants in found.items() if participants}

    def _of(self, thread_id: str) -> list[Participant]:
        return [_participant(row) for row in self._execute(_OF, (thread_id,))]


def _participant(row: rows.Row) -> Participant:
    return Participant(
        thread_id=row[0],
        key=row[1],
        agent_id=row[2],
        name=row[3],
        joined_at=datetime.fromisoformat(row[4]),
        read_seq=row[5],
    )
