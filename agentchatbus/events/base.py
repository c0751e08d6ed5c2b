"""What an event is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBody:
    """Base of all events: the fields of a body are its payload on the wire, `type` is its name there."""

    type: ClassVar[str]

    @property
    def subject(self) -> str | None:
        """The id of the thread that the event belongs to, or None."""
        return getattr(self, "thread_id", None)

    def payload(self) -> dict[str, Any]:
        """Return the fields as a JSON-compatible object."""
        kind: Any = type(self)
        return {name: getattr(self, name) for name in _names(kind)}


@cache
def _names(kind: type[EventBody]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A stored event; `id` rises over the whole bus and orders all events."""

    id: int
    type: str
    thread_id: str | None
    payload: Mapping[str, Any]
    created_at: datetime
