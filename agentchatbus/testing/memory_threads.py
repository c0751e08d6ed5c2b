"""Threads and messages in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from agentchatbus.errors import Conflict
from agentchatbus.model import Message, MessageEdit, Role, Thread, ThreadSettings, ThreadStatus
from agentchatbus.ports.queries import MessageQuery, ThreadQuery
from agentchatbus.ports.stores import MessageStore, ThreadStore
from agentchatbus.testing.memory_journal import Journal, copy_json

_seq = attrgetter("seq")


class MemoryThreads(ThreadStore):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[str, Thread] = {}
        self._topics: dict[str, str] = {}
        self.on_removal: list[Callable[[str], None]] = []

    def get(self, thread_id: str) -> Thread | None:
        return self._rows.get(thread_id)

    def by_topic(self, topic: str) -> Thread | None:
        return self._rows.get(self._topics.get(topic, ""))

    def page(self, query: ThreadQuery) -> list[Thread]:
        place = _by_activity if query.by_activity else _by_creation
        before = query.before
        found = sorted(self._matching(query), key=place, reverse=not query.oldest_first)
        if before is not None:
            found = [row for row in found if (place(row) > before if query.oldest_first else place(row) < before)]
        return found[: query.limit]

    def count(self, query: ThreadQuery) -> int:
        return len(self._matching(query))

    def add(self, thread: Thread) -> None:
        if thread.id in self._rows or thread.topic in self._topics:
            raise Conflict("There is a thread of this id or topic already.")
        self._journal.put(self._topics, thread.topic, thread.id)
        self._journal.put(self._rows, thread.id, replace(thread, metadata=copy_json(thread.metadata)))

    def update(self, thread: Thread) -> None:
        if (old := self._rows.get(thread.id)) is None:
            return
        if self._topics.get(thread.topic, thread.id) != thread.id:
            raise Conflict("Another thread has this topic.")
        self._journal.drop(self._topics, old.topic)
        self._journal.put(self._topics, thread.topic, thread.id)
        kept = replace(
            thread,
            last_seq=old.last_seq,
            message_count=old.message_count,
            settings=old.settings,
            metadata=copy_json(thread.metadata),
        )
        self._journal.put(self._rows, thread.id, kept)

    def put_settings(self, thread_id: str, settings: ThreadSettings) -> None:
        if thread_id in self._rows:
            self._journal.put(self._rows, thread_id, replace(self._rows[thread_id], settings=settings))

    def remove(self, thread_id: str) -> None:
        if (thread := self._rows.get(thread_id)) is not None:
            self._journal.drop(self._topics, thread.topic)
            self._journal.drop(self._rows, thread_id)
            for forget in self.on_removal:
                forget(thread_id)

    def require(self, thread_id: str) -> Thread:
        """Return the thread that something is to be stored for."""
        return self._rows[thread_id]

    def advance(self, message: Message) -> None:
        thread = self.require(message.thread_id)
        moved = replace(
            thread,
            last_seq=max(thread.last_seq, message.seq),
            message_count=thread.message_count + 1,
            updated_at=thread.updated_at if message.role is Role.SYSTEM else message.created_at,
        )
        self._journal.put(self._rows, thread.id, moved)

    def _matching(self, query: ThreadQuery) -> list[Thread]:
        if query.status is not None:
            return [row for row in self._rows.values() if row.status is query.status]
        if query.include_archived:
            return list(self._rows.values())
        return [row for row in self._rows.values() if row.status is not ThreadStatus.ARCHIVED]


def _by_creation(thread: Thread) -> tuple[datetime, str]:
    return thread.created_at, thread.id


def _by_activity(thread: Thread) -> tuple[datetime, str]:
    return thread.active_at, thread.id


class MemoryMessages(MessageStore):
    def __init__(self, journal: Journal, threads: MemoryThreads) -> None:
        self._journal = journal
        self._threads = threads
        self._rows: dict[str, Message] = {}
        self._logs: defaultdict[str, list[Message]] = defaultdict(list)
        self._edits: dict[tuple[str, int], MessageEdit] = {}
        self.on_removal: list[Callable[[str], None]] = []
        threads.on_removal.append(self._forget)

    def get(self, message_id: str) -> Message | None:
        return self._rows.get(message_id)

    def page(self, query: MessageQuery) -> list[Message]:
        log = self._logs.get(query.thread_id, [])
        start = bisect_right(log, query.after_seq, key=_seq)
        end = len(log) if query.before_seq is None else bisect_left(log, query.before_seq, key=_seq)
        found = [message for message in log[start:end] if _matches(message, query)]
        return found[max(0, len(found) - query.limit) :] if query.newest else found[: query.limit]

    def append(self, message: Message) -> None:
        log = self._logs[message.thread_id]
        place = bisect_left(log, message.seq, key=_seq)
        taken = place < len(log) and log[place].seq == message.seq
        if taken or message.id in self._rows:
            raise Conflict("There is a message of this id or seq already.")
        self._threads.advance(message)
        stored = replace(message, metadata=copy_json(message.metadata), reactions=())
        self._journal.put(self._rows, message.id, stored)
        self._journal.note(lambda: log.pop(place))
        log.insert(place, stored)

    def update(self, message: Message) -> None:
        if (old := self._rows.get(message.id)) is None:
            return
        changed = replace(
            old,
            content=message.content,
            metadata=copy_json(message.metadata),
            edited_at=message.edited_at,
            edit_version=message.edit_version,
        )
        log = self._logs[old.thread_id]
        place = bisect_left(log, old.seq, key=_seq)
        self._journal.put(self._rows, old.id, changed)
        self._journal.note(lambda: log.__setitem__(place, old))
        log[place] = changed

    def newest(self, thread_ids: Sequence[str]) -> dict[str, Message]:
        return {thread_id: self._logs[thread_id][-1] for thread_id in thread_ids if self._logs.get(thread_id)}

    def add_edit(self, edit: MessageEdit) -> None:
        self.require(edit.message_id)
        if (edit.message_id, edit.version) in self._edits:
            raise Conflict("There is an edit of this version already.")
        self._journal.put(self._edits, (edit.message_id, edit.version), edit)

    def edits(self, message_id: str) -> list[MessageEdit]:
        return [edit for (owner, _), edit in sorted(self._edits.items(), key=_address) if owner == message_id]

    def require(self, message_id: str) -> Message:
        """Return the message that something is to be stored for."""
        return self._rows[message_id]

    def _forget(self, thread_id: str) -> None:
        for message in self._logs.get(thread_id, ()):
            self._journal.drop(self._rows, message.id)
            for address in [address for address in self._edits if address[0] == message.id]:
                self._journal.drop(self._edits, address)
            for forget in self.on_removal:
                forget(message.id)
        self._journal.drop(self._logs, thread_id)


def _address(item: tuple[tuple[str, int], MessageEdit]) -> tuple[str, int]:
    return item[0]


def _matches(message: Message, query: MessageQuery) -> bool:
    if query.priority is not None and message.priority is not query.priority:
        return False
    return query.handoff_target is None or message.metadata.get("handoff_target") == query.handoff_target
