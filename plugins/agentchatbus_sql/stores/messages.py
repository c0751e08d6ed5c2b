"""Messages."""

# ruff: noqa: S608 -- the statements are built from constants of this package only

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from agentchatbus.plugin_api import (
    Conflict,
    Message,
    MessageEdit,
    MessageQuery,
    MessageStore,
    Priority,
    Role,
    isoformat,
)
from agentchatbus_sql import rows
from agentchatbus_sql.jsontext import encode_optional
from agentchatbus_sql.removals import OF_REMOVED, REMOVED

_HIGHEST_SEQ = 2**63 - 1

_GET = f"SELECT {rows.MESSAGE} FROM messages WHERE id = ? AND thread_id NOT {OF_REMOVED}"
_ADD = f"INSERT INTO messages ({rows.MESSAGE}) VALUES ({rows.marks(rows.MESSAGE)})"
_COUNT = (
    "UPDATE threads SET last_seq = max(last_seq, ?), message_count = message_count + 1 "
    f"WHERE id = ? AND status <> '{REMOVED}'"
)
_ADVANCE = _COUNT.replace(" WHERE", ", updated_at = ? WHERE")
_UPDATE = "UPDATE messages SET content = ?, metadata = ?, edited_at = ?, edit_version = ? WHERE id = ?"
_NEWEST = f"SELECT {rows.MESSAGE} FROM messages WHERE thread_id = ?1 AND ?1 NOT {OF_REMOVED} ORDER BY seq DESC LIMIT 1"
_EDIT = "message_id, version, old_content, edited_by, created_at"
_ADD_EDIT = f"INSERT INTO message_edits ({_EDIT}) VALUES ({rows.marks(_EDIT)})"
_EDITS = (
    f"SELECT {_EDIT} FROM message_edits WHERE message_id = ?1 AND EXISTS (SELECT 1 FROM messages WHERE id = ?1 "
    f"AND thread_id NOT {OF_REMOVED}) ORDER BY version"
)


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
        if message.role is Role.SYSTEM:  # the bus itself keeps no thread awake
            moved = self._execute(_COUNT, (message.seq, message.thread_id))
        else:
            moved = self._execute(_ADVANCE, (message.seq, isoformat(message.created_at), message.thread_id))
        if not moved.rowcount:
            raise Conflict("The thread was removed.")

    def update(self, message: Message) -> None:
        metadata, edited_at = encode_optional(message.metadata), rows.optional_time(message.edited_at)
        self._execute(_UPDATE, (message.content, metadata, edited_at, message.edit_version, message.id))

    def newest(self, thread_ids: Sequence[str]) -> dict[str, Message]:
        found = (self._execute(_NEWEST, (thread_id,)).fetchone() for thread_id in thread_ids)
        return {row[1]: rows.message(row) for row in found if row}

    def add_edit(self, edit: MessageEdit) -> None:
        created_at = isoformat(edit.created_at)
        self._execute(_ADD_EDIT, (edit.message_id, edit.version, edit.old_content, edit.edited_by, created_at))

    def edits(self, message_id: str) -> list[MessageEdit]:
        return [_edit(row) for row in self._execute(_EDITS, (message_id,))]


def _edit(row: rows.Row) -> MessageEdit:
    return MessageEdit(
        message_id=row[0],
        version=row[1],
        old_content=row[2],
        edited_by=row[3],
        created_at=datetime.fromisoformat(row[4]),
    )


def page_statement(query: MessageQuery) -> str:
    """Return the statement for queries of this form, always the same text so that it stays prepared."""
    return _page_statement(query.newest, query.priority, query.handoff_target is not None)


@cache
def _page_statement(newest: bool, priority: Priority | None, handed_off: bool) -> str:  # noqa: FBT001
    conditions = ["thread_id = ?1", "seq > ?2", "seq < ?3", f"?1 NOT {OF_REMOVED}"]
    if priority is not None:
        conditions.append("priority = ?")
        if priority is not Priority.NORMAL:
            conditions.append("priority <> 'normal'")  # names the index, which leaves the normal ones out
    if handed_off:
        conditions.append("json_extract(metadata, '$.handoff_target') = ?")
    order = "DESC" if newest else "ASC"
    return f"SELECT {rows.MESSAGE} FROM messages WHERE {' AND '.join(conditions)} ORDER BY seq {order} LIMIT ?"
