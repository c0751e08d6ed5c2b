"""What a caller may see of a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agentchatbus.model import Caller, Message, freeze

HIDDEN = "[human-only content hidden]"
VISIBLE_KEYS = (
    "visibility",
    "audience",
    "ui_type",
    "handoff_target",
    "target_admin_id",
    "source_message_id",
    "decision_type",
)


def project(message: Message, caller: Caller) -> Message:
    """Return the message with everything hidden that this caller may not read."""
    if caller.sees_human_only or not message.is_human_only:
        return message
    kept = {key: message.metadata[key] for key in VISIBLE_KEYS if key in message.metadata}
    kept.setdefault("visibility", "human_only")
    return replace(
        message,
        content=HIDDEN,
        metadata=freeze({**kept, "content_hidden": True, "content_hidden_reason": "human_only"}),
    )


def project_all(messages: Sequence[Message], caller: Caller) -> list[Message]:
    """Project each message."""
    return [project(message, caller) for message in messages]
