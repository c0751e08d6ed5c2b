"""Threads and messages in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import replace
from operator import attrgetter

from agentchatbus.model import Message, Thread, ThreadSettings, ThreadStatus
from agentchatbus.ports.stores import MessageQuery, MessageStore, ThreadQuery, ThreadStore
from agentchatbus.testing.memory_journal import Journal, copy_json

_seq = attrgetter("seq")


class MemoryThreads(ThreadStore):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[str, Thread] = {}
        self._topics: dict[str, str] = {}

    def get(self, thread_id: str) -> Thread | None:
        return self._rows.get(thread_id)

    def by_topic(self, topic: str) -> Thread | None:
        return self._rows.get(self._topics.get(topic, ""))

    def page(self, query: ThreadQuery) -> list[Thread]:
        before = query.before
        found = [row for row in self._matching(query) if before is None or (row.created_at, row.id) < before]
        found.sort(key=lambda row: (row.created_at, row.id), reverse=True)
        return found[: query.limit]

    def count(self, query: ThreadQuery) -> int:
        return len(self._matching(query))

    def add(self, thread: Thread) -> None:
        if thread.id in self._rows or thread.topic in self._topics:
            raise ValueError("There is a thread of this id or topic already.")
        self._journal.put(self._topics, thread.topic, thread.id)
        self._journal.put(self._rows, thread.id, replace(thread, metadata=copy_json(thread.metadata)))

    def update(self, thread: Thread) -> None:
        if (old := self._rows.get(thread.id)) is None:
            return
        if self._topics.get(thread.topic, thread.id) != thread.id:
            raise ValueError("Another thread has this topic.")
        self._journal.drop(self._topics, old.topic)
        self._journal.put(self._topics, thread.topic, thread.id)
        kept = replace(thread, last_seq=old.last_seq, settings=old.settings, metadata=copy_json(thread.metadata))
        self._journal.put(self._rows, thread.id, kept)

    def put_settings(self, thread_id: str, settings: ThreadSettings) -> None:
        if thread_id in self._rows:
            self._journal.put(self._rows, thread_id, replace(self._rows[thread_id], settings=settings))

    def require(self, thread_id: str) -> Thread:
        """Return the thread that something is to be stored for."""
        return self._rows[thread_id]

    def advance(self, message: Message) -> None:
        thread = self.require(message.thread_id)
        moved = replace(thread, last_seq=max(thread.last_seq, message.seq), updated_at=message.created_at)
        self._journal.put(self._rows, thread.id, moved)

    def _matching(self, query: ThreadQuery) -> list[Thread]:
        if query.status is not None:
            return [row for row in self._rows.values() if row.status is query.status]
        if query.include_archived:
            return list(self._rows.values())
        return [row for row in self._rows.values() if row.status is not ThreadStatus.ARCHIVED]


class MemoryMessages(MessageStore):
    def __init__(self, journal: Journal, threads: MemoryThreads) -> None:
        self._journal = journal
        self._threads = threads
        self._rows: dict[str, Message] = {}
        self._logs: defaultdict[str, list[Message]] = defaultdict(list)

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
            raise ValueError("There is a message of this id or seq already.")
        self._threads.advance(message)
        stored = replace(message, metadata=copy_json(message.metadata))
        self._journal.put(self._rows, message.id, stored)
        self._journal.note(lambda: log.pop(place))
        log.insert(place, stored)


def _matches(message: Message, query: MessageQuery) -> bool:
    if query.priority is not None and message.priority is not query.priority:
        return False
    return query.handoff_target is None or message.metadata.get("handoff_target") == query.handoff_target
