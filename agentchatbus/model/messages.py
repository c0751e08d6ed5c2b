"""Messages, before and after they have a place in the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

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
class Reaction:
    """A short label on a message; nobody puts the same label on one message twice.

    Attributes:
        agent_id: An agent's id, or ``human``.
        agent_name: The agent's name at that time, None for others.
    """

    id: str
    message_id: str
    agent_id: str
    agent_name: str | None
    reaction: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdit:
    """One edit: `version` counts from 1, `old_content` is the text before it."""

    message_id: str
    version: int
    old_content: str
    edited_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A stored message; `seq` counts from 1 in its thread, without gaps.

    `reactions` are filled in where messages are listed, not where they are waited for.
    """

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
    reactions: tuple[Reaction, ...] = ()

    @property
    def is_human_only(self) -> bool:
        """Whether agents may not read the content (``metadata.visibility`` or ``metadata.audience``)."""
        return is_human_only(self.metadata)

    def wakes(self, agent_id: str | None) -> bool:
        """Return whether an agent that waits is woken by this.

        A message of the bus itself may name with ``metadata.wakes`` the ids of those whom it concerns; the others read
        it with what comes next.
        """
        concerned = concerned_by(self.role, self.metadata)
        return concerned is None or agent_id in concerned


HIDDEN = "[human-only content hidden]"
"""What agents read instead of content for humans."""

VISIBLE_KEYS = (
    "visibility",
    "audience",
    "ui_type",
    "handoff_target",
    "target_admin_id",
    "source_message_id",
    "decision_type",
)
"""Keys of the metadata of such a message that agents see all the same."""


def concerned_by(role: str | None, metadata: Metadata) -> list[str] | None:
    """Return the ids of the agents whom a message concerns: those that the bus itself names, else None for all."""
    wakes = metadata.get("wakes") if role == Role.SYSTEM else None
    return [agent_id for agent_id in wakes if isinstance(agent_id, str)] if isinstance(wakes, list | tuple) else None


def is_human_only(metadata: Metadata) -> bool:
    """Return whether agents may not read the content of a message with this metadata."""
    return bool(metadata) and (_says(metadata, "visibility", "human_only") or _says(metadata, "audience", "human"))


def hidden_metadata(metadata: Metadata) -> dict[str, Any]:
    """Return what agents see of the metadata of a message that they may not read."""
    kept = {key: metadata[key] for key in VISIBLE_KEYS if key in metadata}
    kept.setdefault("visibility", "human_only")
    return {**kept, "content_hidden": True, "content_hidden_reason": "human_only"}


def _says(metadata: Metadata, key: str, value: str) -> bool:
    return str(metadata.get(key) or "").strip().lower() == value
