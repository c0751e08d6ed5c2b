"""The bytes of a stream of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import Caller, Event, visible_event
from agentchatbus_rest.http import encode

CACHED = 1024
CACHED_BYTES = 16 * 1024 * 1024
"""Frames that are kept, by number and by size."""

NOTHING = b""
"""What those are sent who may not see an event."""


class Frames:
    """Encodes each event once for everybody who sees it alike, and shares the bytes between all streams."""

    def __init__(self, max_bytes: int = CACHED_BYTES) -> None:
        self._encoded: dict[tuple[int, bool], bytes] = {}
        self._size = 0
        self._max_bytes = max_bytes

    def of(self, event: Event, caller: Caller) -> bytes:
        """Return the frame of an event as this caller may see it, empty when it may not."""
        visible = visible_event(event, caller)
        if visible is None:
            return NOTHING
        key = (event.id, visible is event)
        frame = self._encoded.get(key)
        return frame if frame is not None else self._keep(key, _frame(event.id, visible.type, visible.payload))

    def _keep(self, key: tuple[int, bool], frame: bytes) -> bytes:
        self._encoded[key] = frame
        self._size += len(frame)
        while len(self._encoded) > CACHED or (self._size > self._max_bytes and len(self._encoded) > 1):
            self._size -= len(self._encoded.pop(next(iter(self._encoded))))
        return frame


def opening(cursor: int) -> bytes:
    """Return what a stream begins with.

    The comment makes proxies pass the headers on. The id lets a browser resume that loses the stream before its first
    event.
    """
    return b": connected\nretry: 1000\nid: %d\n\n" % cursor


def keep_alive(cursor: int) -> bytes:
    """Return a comment for a silent stream, with the id of the last event that a filter may have skipped."""
    return b": keep-alive\nid: %d\n\n" % cursor


def resync(newest: int) -> bytes:
    """Return the frame that tells a client that it missed events and has to read anew; it goes on from `newest`."""
    return _frame(newest, "resync", {"newest": newest})


def passing(event: Event) -> bytes:
    """Return the frame of an event that is not stored: without an id, so that the client's place stays what it is."""
    return b"event: message\ndata: %b\n\n" % encode({"type": event.type, "payload": event.payload})


def _frame(event_id: int, type_: str, payload: Mapping[str, Any]) -> bytes:
    return b"id: %d\nevent: message\ndata: %b\n\n" % (event_id, encode({"type": type_, "payload": payload}))
