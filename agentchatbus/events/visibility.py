"""What of an event a caller may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentchatbus.events.base import Event
from agentchatbus.model import HIDDEN, Caller, hidden_metadata, is_human_only

FOR_PEOPLE = ("token.", "plugin.", "settings.", "msg.refused")
"""Beginnings of the types of events that agents are not told of."""


def visible_event(event: Event, caller: Caller) -> Event | None:
    """Return the event as this caller may see it, or None when it is not for this caller at all."""
    if caller.sees_human_only:
        return event
    if event.type.startswith(FOR_PEOPLE):
        return None
    message = event.payload.get("message")
    if not isinstance(message, Mapping) or not is_human_only(message["metadata"]):
        return event
    return replace(event, payload={**event.payload, "content": "", "message": _hidden(message)})


def _hidden(message: Mapping[str, Any]) -> dict[str, Any]:
    return {**message, "content": HIDDEN, "metadata": hidden_metadata(message["metadata"])}
