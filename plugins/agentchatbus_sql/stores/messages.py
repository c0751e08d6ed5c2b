"""Messages."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from functools import cache

from agentchatbus.plugin_api import Message, MessageQuery, MessageStore, Priority
from agentchatbus_sql import rows

_HIGHEST_SEQ = 2**63 - 1

_GET = f"SELECT {rows.MESSAGE} FROM messages WHERE id = ?"
_ADD = f"INSERT INTO messages ({rows.MESSAGE}) VALUES ({rows.marks(rows.MESSAGE)})"
_ADVANCE = "UPDATE threads SET last_seq = max(last_seq, ?), updated_at = ? WHERE id = ?"


class SqlMessages(MessageStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, message_id: str) -> Message | None:
        row = self._execute(_GET, (message_id,)).fetchone()
        return rows.message(row) if row else None

    def page(self, query: MessageQuery) -> list[Message]:
        before = _HIGHEST_SEQ if query.before_seq is None else query.before_seq
        values: list[str | int] = [query.thread_id, query.after_seq, before]
        if query.priority is not None:
            values.append(query.priority.value)
        if query.handoff_target is not None:
            values.append(query.handoff_target)
        values.append(query.limit)
        found = self._execute(page_statement(query), values)
        page = [rows.message(row) for row in found]
        if query.newest:
            page.reverse()
        return page

    def append(self, message: Message) -> None:
        self._execute(_ADD, rows.message_values(message))
        self._execute(_ADVANCE, (message.seq, rows.moment_text(message.created_at), message.thread_id))


def page_statement(query: MessageQuery) -> str:
    """Return the statement for queries of this form, always the same text so that it stays prepared."""
    return _page_statement(query.newest, query.priority, query.handoff_target is not None)


@cache
def _page_statement(newest: bool, priority: Priority | None, handed_off: bool) -> str:  # noqa: FBT001
    conditions = ["thread_id = ?", "seq > ?", "seq < ?"]
    if priority is not None:
        conditions.append("priority = ?")
        if priority is not Priority.NORMAL:
            conditions.append("priority <> 'normal'")  # names the index, which leaves the normal ones out
    if handed_off:
        conditions.append("json_extract(metadata, '$.handoff_target') = ?")
    order = "DESC" if newest else "ASC"
    return f"SELECT {rows.MESSAGE} FROM messages WHERE {' AND '.join(conditions)} ORDER BY seq {order} LIMIT ?"
