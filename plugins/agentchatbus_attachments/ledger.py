"""Which file is referred to how often: units of work over the plugin's documents.

A file counts the messages that refer to it. Each of those messages has a document of its own with the names it was
counted for, in a namespace of its thread, so that a message can be looked at any number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from agentchatbus.plugin_api import Event, Transaction, isoformat
from agentchatbus_attachments.kinds import names_in

FILES = "attachments.files"
THREADS = "attachments.threads"
LOG = "attachments.log"
DELETED = "thread.deleted"
CHANGING = frozenset({"msg.new", "msg.edit", "msg.updated", DELETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a file.

    Attributes:
        refs: How many messages refer to it.
        used: Whether any ever did.
        at: When it was last uploaded, or when that number last changed.
        size: In bytes.
        name: As its clients called it, as long as they all called it the same.
        has_names: Whether they did not; then it has the name that each message gives it, and none of its own.
    """

    refs: int = 0
    used: bool = False
    at: datetime
    size: int
    name: str = ""
    has_names: bool = False

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Entry:
        return cls(**{**document, "at": datetime.fromisoformat(document["at"])})

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "at": isoformat(self.at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a unit of work did: the files whose entry changed, and the threads that refer to files now, or no more."""

    files: Mapping[str, Entry]
    threads: Mapping[str, bool]


def files(tx: Transaction) -> dict[str, Entry]:
    """Return what is known of every file."""
    return {name: Entry.read(document) for name, document in tx.documents.all(FILES).items()}


def threads(tx: Transaction) -> set[str]:
    """Return the threads whose messages refer to any file."""
    return set(tx.documents.all(THREADS))


def put(tx: Transaction, name: str, entry: Entry) -> None:
    """Store what is known of a file."""
    tx.documents.put(FILES, name, entry.document())


def touch(tx: Transaction, name: str, entry: Entry) -> Entry:
    """Store a file that was just uploaded, perhaps once more, and return what is known of it now."""
    found = tx.documents.get(FILES, name)
    if found is not None:
        known = Entry.read(found)
        has_names = known.has_names or bool(known.name and entry.name and known.name != entry.name)
        name = "" if has_names else known.name or entry.name
        entry = replace(known, at=entry.at, size=entry.size, name=name, has_names=has_names)
    put(tx, name, entry)
    return entry


class Count:
    """Counts references in one unit of work."""

    def __init__(self, tx: Transaction, at: datetime) -> None:
        self._tx = tx
        self._at = at
        self._files: dict[str, Entry] = {}
        self._threads: dict[str, bool] = {}

    @property
    def changes(self) -> Changes:
        return Changes(files=self._files, threads=self._threads)

    def events(self, events: Iterable[Event]) -> None:
        """Count what happened."""
        for event in events:
            if event.type == DELETED:
                self.thread_is_gone(event.payload["thread_id"])
            else:
                self.message(event.payload["thread_id"], event.payload["msg_id"])

    def message(self, thread_id: str, message_id: str) -> None:
        """Count what a message refers to now, and not what it referred to before."""
        message = self._tx.messages.get(message_id)
        wanted = [] if message is None else names_in(message.content, message.metadata)
        names = [name for name in wanted if self._tx.documents.get(FILES, name) is not None]
        before = _names(self._tx, thread_id, message_id)
        self._adjust(before, names)
        if names and names != before:
            self._tx.documents.put(_namespace(thread_id), message_id, {"names": names})
            self._tx.documents.put(THREADS, thread_id, {})
            self._threads[thread_id] = True
        elif before and not names:
            self._tx.documents.delete(_namespace(thread_id), message_id)

    def thread_is_gone(self, thread_id: str) -> None:
        """Count nothing any more that a thread's messages referred to."""
        for message_id, document in self._tx.documents.all(_namespace(thread_id)).items():
            self._adjust(document["names"], ())
            self._tx.documents.delete(_namespace(thread_id), message_id)
        self._tx.documents.delete(THREADS, thread_id)
        self._threads[thread_id] = False

    def _adjust(self, before: Sequence[str], after: Sequence[str]) -> None:
        for name in {*before} ^ {*after}:
            document = self._tx.documents.get(FILES, name)
            if document is not None:
                entry = Entry.read(document)
                refs = max(0, entry.refs + (1 if name in after else -1))
                self._files[name] = replace(entry, refs=refs, used=True, at=self._at)
                put(self._tx, name, self._files[name])


def _names(tx: Transaction, thread_id: str, message_id: str) -> list[str]:
    document = tx.documents.get(_namespace(thread_id), message_id)
    return list(document["names"]) if document else []


def _namespace(thread_id: str) -> str:
    return f"attachments.thread.{thread_id}"
