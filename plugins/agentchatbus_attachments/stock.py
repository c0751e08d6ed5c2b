"""What is known of all files, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from agentchatbus_attachments.ledger import Entry


class Stock:
    """The files of one bus by name; its totals cost nothing, however many there are.

    Attributes:
        size: Bytes of all files.
        changed: Set whenever something is known that was not before.
    """

    def __init__(self) -> None:
        self.size = 0
        self.changed = asyncio.Event()
        self._files: dict[str, Entry] = {}
        self._idle: dict[str, Entry] = {}

    def __bool__(self) -> bool:
        return bool(self._files)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    @property
    def idle(self) -> Mapping[str, Entry]:
        """The files that no message refers to."""
        return self._idle

    def get(self, name: str) -> Entry | None:
        """Return what is known of a file."""
        return self._files.get(name)

    def put(self, name: str, entry: Entry) -> None:
        """Take note of a file."""
        self.drop(name)
        self._files[name] = entry
        self.size += entry.size
        if not entry.refs:
            self._idle[name] = entry
        self.changed.set()

    def drop(self, name: str) -> None:
        """Forget a file."""
        if entry := self._files.pop(name, None):
            self.size -= entry.size
            self._idle.pop(name, None)
