"""Messages, before and after they have a place in the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agentchatbus.model.callers import HUMAN
from agentchatbus.model.metadata import Metadata, no_metadata


class Role(StrEnum):
    """In whose name a message speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class Priority(StrEnum):
    """How urgently a message wants to be read."""

    NORMAL = "normal"
    URGENT = "urgent"
    SYSTEM = "system"


class StopReason(StrEnum):
    """Why an author ends its turn (``metadata.stop_reason``)."""

    CONVERGENCE = "convergence"
    TIMEOUT = "timeout"
    ERROR = "error"
    COMPLETE = "complete"
    IMPASSE = "impasse"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDraft:
    """A message as its author wrote it, before it has a place in the log.

    `author`, `author_id` and `author_name` are set by the bus from the caller's token.
    """

    thread_id: str
    content: str
    author: str = HUMAN
    author_id: str | None = None
    author_name: str = HUMAN
    role: Role = Role.USER
    priority: Priority = Priority.NORMAL
    metadata: Metadata = field(default_factory=no_metadata)
    reply_to_msg_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A stored message; `seq` counts from 1 in its thread, without gaps."""

    id: str
    thread_id: str
    seq: int
    author: str
    author_id: str | None
    author_name: str
    role: Role
    content: str
    created_at: datetime
    priority: Priority = Priority.NORMAL
    metadata: Metadata = field(default_factory=no_metadata)
    reply_to_msg_id: str | None = None
    edited_at: datetime | None = None
    edit_version: int = 0

    @property
    def is_human_only(self) -> bool:
        """Whether agents may not read the content (``metadata.visibility`` or ``metadata.audience``)."""
        return _says(self.metadata, "visibility", "human_only") or _says(self.metadata, "audience", "human")


def _says(metadata: Metadata, key: str, value: str) -> bool:
    return str(metadata.get(key) or "").strip().lower() == value
