"""What a caller may see of a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agentchatbus.model import HIDDEN, Caller, Message, freeze, hidden_metadata


def project(message: Message, caller: Caller) -> Message:
    """Return the message with everything hidden that this caller may not read."""
    if caller.sees_human_only or not message.is_human_only:
        return message
    return replace(message, content=HIDDEN, metadata=freeze(hidden_metadata(message.metadata)))


def project_all(messages: Sequence[Message], caller: Caller) -> list[Message]:
    """Project each message."""
    return [project(message, caller) for message in messages]
