"""Shapes of messages and of what is beside them."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from agentchatbus.plugin_api import Priority, Role
from agentchatbus_rest.shapes.common import Sync


class Reaction(TypedDict):
    """A reaction to a message; `agent_id` is `human` and `agent_name` null for people."""

    id: str
    message_id: str
    agent_id: str
    agent_name: str | None
    reaction: str
    created_at: str


class _Authored(TypedDict):
    id: str
    seq: int
    author: str
    author_id: str | None
    author_name: str
    author_display_name: str
    author_emoji: str
    role: Role
    content: str
    created_at: str
    priority: Priority


class PostedMessage(_Authored):
    """A message as its author gets it back; `metadata` is a JSON object in a string."""

    reply_to_msg_id: str | None
    metadata: str | None


class Marks(TypedDict):
    """What came to a message after it was posted."""

    edited_at: str | None
    edit_version: int
    reactions: list[Reaction]


class MessageItem(PostedMessage, Marks):
    """A message in a list."""


class LastMessage(_Authored):
    """The newest message of a thread; its `content` is cut to 200 characters."""


class Waited(Sync):
    """How a wait ended, and what came meanwhile."""

    messages: list[MessageItem]
    reason: str


class MessageDetail(_Authored, Marks):
    """One message; `metadata` is an object."""

    thread_id: str
    reply_to_msg_id: str | None
    metadata: dict[str, Any]


class EditedMessage(TypedDict):
    """A message that has another text now."""

    msg_id: str
    version: int
    edited_at: str
    edited_by: str


class UnchangedMessage(TypedDict):
    """A message that had this text already."""

    no_change: Literal[True]
    version: int


class Edit(TypedDict):
    """One edit; `old_content` is the text before it."""

    version: int
    old_content: str
    edited_by: str
    created_at: str


class History(TypedDict):
    """A message with its earlier texts, oldest first."""

    message_id: str
    current_content: str
    edit_version: int
    edits: list[Edit]


class Unreacted(TypedDict):
    """A reaction that was taken back; `removed` is false when there was none."""

    removed: bool
    message_id: str
    reaction: str
    agent_id: str


class FoundMessage(TypedDict):
    """One message that a search found.

    `snippet` is HTML: the text escaped, each hit in `<mark>`. `snippet_text` is the same as it was written, `marks` are
    the (start, end) offsets of the hits in it.
    """

    message_id: str
    thread_id: str
    thread_topic: str
    author: str
    author_id: str | None
    author_display_name: str
    author_emoji: str
    seq: int
    created_at: str
    snippet: str
    snippet_text: str
    marks: list[tuple[int, int]]


class FoundMessages(TypedDict):
    """A page of a search; `total` counts the results of this page, `note` says in words what was left out."""

    results: list[FoundMessage]
    total: int
    query: str
    next_cursor: str | None
    note: str | None
