"""Events, first answers and documents in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile
from typing import Any

from agentchatbus.events import Event, EventBody
from agentchatbus.ports.queries import StoredAnswer
from agentchatbus.ports.stores import AnswerStore, DocumentStore, EventStore
from agentchatbus.testing.memory_journal import PRUNED_AT_ONCE, Journal, copy_json


class MemoryEvents(EventStore):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[int, Event] = {}
        self._floor = 1
        self.newest = 0

    def append(self, body: EventBody, at: datetime) -> Event:
        newest = self.newest
        payload = copy_json(body.payload())
        event = Event(id=newest + 1, type=body.type, thread_id=body.subject, payload=payload, created_at=at)
        self._journal.note(lambda: setattr(self, "newest", newest))
        self._journal.put(self._rows, event.id, event)
        self.newest = event.id
        return event

    def after(self, event_id: int, limit: int) -> list[Event]:
        first = max(event_id + 1, self.bounds()[0])
        kept = (self._rows[key] for key in range(first, self.newest + 1) if key in self._rows)
        return list(islice(kept, limit))

    def of_thread(self, thread_id: str, types: Sequence[str], *, after: int, limit: int) -> list[Event]:
        rows = (self._rows[key] for key in range(self.newest, after, -1) if key in self._rows)
        found = (event for event in rows if event.thread_id == thread_id and event.type in types)
        return list(islice(found, limit))[::-1]

    def bounds(self) -> tuple[int, int]:
        while self._floor <= self.newest and self._floor not in self._rows:
            self._floor += 1
        return self._floor, self.newest

    def forget(self, thread_id: str) -> None:
        """Remove the events of a thread, wherever in the log they are."""
        for event in [event for event in self._rows.values() if event.thread_id == thread_id]:
            self._drop(event)

    def drop_before(self, moment: datetime) -> int:
        """Remove old events from the log's old end only, so that it has no gap."""
        lowest, newest = self.bounds()
        oldest = (self._rows[key] for key in range(lowest, newest + 1) if key in self._rows)
        batch = list(islice(takewhile(lambda event: event.created_at < moment, oldest), PRUNED_AT_ONCE))
        for event in batch:
            self._drop(event)
        return len(batch)

    def _drop(self, event: Event) -> None:
        floor = self._floor
        self._journal.drop(self._rows, event.id)
        self._journal.note(lambda: setattr(self, "_floor", floor))


class MemoryAnswers(AnswerStore):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[tuple[str, str], StoredAnswer] = {}

    def get(self, scope: str, key: str) -> StoredAnswer | None:
        return self._rows.get((scope, key))

    def put(self, scope: str, key: str, answer: StoredAnswer) -> None:
        self._journal.put(self._rows, (scope, key), replace(answer, answer=copy_json(answer.answer)))

    def drop_before(self, moment: datetime) -> int:
        old = (key for key, row in self._rows.items() if row.created_at < moment)
        batch = list(islice(old, PRUNED_AT_ONCE))
        for key in batch:
            self._journal.drop(self._rows, key)
        return len(batch)


class MemoryDocuments(DocumentStore):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[tuple[str, str], Mapping[str, Any]] = {}

    def get(self, namespace: str, key: str) -> Mapping[str, Any] | None:
        return self._rows.get((namespace, key))

    def all(self, namespace: str) -> dict[str, Mapping[str, Any]]:
        return {key: row for (owner, key), row in sorted(self._rows.items(), key=_address) if owner == namespace}

    def put(self, namespace: str, key: str, document: Mapping[str, Any]) -> None:
        self._journal.put(self._rows, (namespace, key), copy_json(document))

    def delete(self, namespace: str, key: str) -> None:
        self._journal.drop(self._rows, (namespace, key))


def _address(item: tuple[tuple[str, str], Any]) -> tuple[str, str]:
    return item[0]
