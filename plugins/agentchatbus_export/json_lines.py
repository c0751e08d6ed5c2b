"""JSON: everything, for programs; one message a line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import to_json

from agentchatbus.plugin_api import MessageEdit, Reaction, isoformat, message_row, thread_row
from agentchatbus_export.reading import Entry, Reading

FORMAT = "agentchatbus-thread"
VERSION = 1


async def write(reading: Reading) -> AsyncIterator[bytes]:
    """Yield a thread as one JSON object."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": isoformat(reading.at),
        "thread": thread_row(reading.thread),
    }
    yield to_json(head)[:-1] + b',"messages":['
    separator = b"\n"
    async for entry in reading.entries():
        yield separator + to_json(_row(entry))
        separator = b",\n"
    yield b'\n],"omitted_notices":%d}\n' % reading.omitted


def _row(entry: Entry) -> dict[str, Any]:
    message = entry.message
    return {
        **message_row(message),
        "author_display_name": entry.author,
        "reactions": [_reaction(item) for item in message.reactions],
        "edits": [_edit(item) for item in entry.edits],
    }


def _reaction(reaction: Reaction) -> dict[str, Any]:
    return {
        "id": reaction.id,
        "agent_id": reaction.agent_id,
        "agent_name": reaction.agent_name,
        "reaction": reaction.reaction,
        "created_at": isoformat(reaction.created_at),
    }


def _edit(edit: MessageEdit) -> dict[str, Any]:
    return {
        "version": edit.version,
        "old_content": edit.old_content,
        "edited_by": edit.edited_by,
        "created_at": isoformat(edit.created_at),
    }
