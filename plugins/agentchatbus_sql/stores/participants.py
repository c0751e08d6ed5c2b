"""Who joined or spoke in a thread."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agentchatbus.plugin_api import Participant, ParticipantStore, isoformat
from agentchatbus_sql import rows

_COLUMNS = "thread_id, key, agent_id, name, joined_at, read_seq"
_RAISE = "UPDATE participants SET read_seq = ? WHERE thread_id = ? AND key = ? AND read_seq < ?"
_ADD = f"INSERT INTO participants ({_COLUMNS}) VALUES ({rows.marks(_COLUMNS)}) ON CONFLICT (thread_id, key) DO NOTHING"
_OF = f"SELECT {_COLUMNS} FROM participants WHERE thread_id = ? ORDER BY joined_at, key"


class SqlParticipants(ParticipantStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def put(self, participant: Participant) -> bool:
        thread_id, key, seq = participant.thread_id, participant.key, participant.read_seq
        if self._execute(_RAISE, (seq, thread_id, key, seq)).rowcount:
            return False
        joined_at = isoformat(participant.joined_at)
        values = (thread_id, key, participant.agent_id, participant.name, joined_at, seq)
        return self._execute(_ADD, values).rowcount > 0

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
