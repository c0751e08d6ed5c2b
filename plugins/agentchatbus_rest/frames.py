"""The bytes of a stream of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import Event
from agentchatbus_rest.http import encode

CACHED = 1024


class Frames:
    """Encodes each event once and shares the bytes between all streams."""

    def __init__(self) -> None:
        self._encoded: dict[int, bytes] = {}

    def of(self, event: Event) -> bytes:
        """Return the frame of an event."""
        frame = self._encoded.get(event.id)
        if frame is None:
            frame = self._encoded[event.id] = _frame(event.id, event.type, event.payload)
            if len(self._encoded) > CACHED:
                del self._encoded[next(iter(self._encoded))]
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


def _frame(event_id: int, type_: str, payload: Mapping[str, Any]) -> bytes:
    return b"id: %d\nevent: message\ndata: %b\n\n" % (event_id, encode({"type": type_, "payload": payload}))
