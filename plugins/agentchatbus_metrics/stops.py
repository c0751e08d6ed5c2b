"""Why authors ended their turns: counts over all that is stored, kept from event to event."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from agentchatbus.plugin_api import (
    Bus,
    Event,
    Follower,
    Message,
    MessageQuery,
    StopReason,
    Transaction,
)
from agentchatbus_metrics.watching import all_threads

LOG = "metrics.log"
STOPS = "metrics.stops"
"""One document for each thread in which somebody gave a reason, so that a deleted thread can be taken off."""

STOPPED = "msg.stop"
DELETED = "thread.deleted"
PAGE = 500


class Stops:
    """Counts the reasons in the messages of one bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._total: Counter[str] = Counter()
        self._follower: Follower[Counter[str]] = Follower(
            bus, LOG, concerns=_concerns, apply=_apply, rebuild=self._rebuild, applied=self._take
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count for as long as the context lasts."""
        documents = await self._bus.storage.read(lambda tx: tx.documents.all(STOPS))
        for document in documents.values():
            self._total.update(document)
        async with self._follower.running():
            yield

    async def caught_up(self) -> None:
        """Wait until everything is counted that has happened so far."""
        await self._follower.caught_up()

    def counts(self) -> Mapping[str, int]:
        """Return how often each reason was given."""
        return {reason.value: self._total[reason.value] for reason in StopReason}

    def _take(self, change: Counter[str]) -> None:
        self._total.update(change)

    async def _rebuild(self) -> int:
        """Count what is stored up to now; what is posted meanwhile comes as events."""

        def begin(tx: Transaction) -> tuple[int, dict[str, int]]:
            for thread_id in tx.documents.all(STOPS):
                tx.documents.delete(STOPS, thread_id)
            last_seqs = {thread.id: thread.last_seq for thread in all_threads(tx) if thread.last_seq}
            return tx.events.bounds()[1], last_seqs

        newest, last_seqs = await self._bus.storage.write(begin)
        self._total.clear()
        for thread_id, last_seq in last_seqs.items():
            if found := await self._count(thread_id, last_seq):
                await self._store(thread_id, found)
        return newest

    async def _count(self, thread_id: str, last_seq: int) -> Counter[str]:
        found: Counter[str] = Counter()
        seq = 0
        while page := await self._page(thread_id, seq, last_seq):
            found.update(str(item.metadata["stop_reason"]) for item in page if item.metadata.get("stop_reason"))
            seq = page[-1].seq
        return found

    async def _page(self, thread_id: str, after_seq: int, last_seq: int) -> Sequence[Message]:
        query = MessageQuery(thread_id=thread_id, after_seq=after_seq, before_seq=last_seq + 1, limit=PAGE)
        return await self._bus.storage.read(lambda tx: tx.messages.page(query))

    async def _store(self, thread_id: str, found: Counter[str]) -> None:
        def work(tx: Transaction) -> Counter[str]:
            if tx.threads.get(thread_id) is None:
                return Counter()
            tx.documents.put(STOPS, thread_id, dict(found))
            return found

        self._take(await self._bus.storage.write(work))


def _concerns(event: Event) -> bool:
    return event.type in (STOPPED, DELETED)


def _apply(tx: Transaction, events: Sequence[Event]) -> Counter[str]:
    change: Counter[str] = Counter()
    for event in events:
        thread_id = event.payload["thread_id"]
        before = Counter(dict(tx.documents.get(STOPS, thread_id) or {}))
        if event.type == DELETED:
            tx.documents.delete(STOPS, thread_id)
            change.subtract(before)
        elif tx.threads.get(thread_id) is not None:
            reason = event.payload["reason"]
            tx.documents.put(STOPS, thread_id, dict(before + Counter([reason])))
            change[reason] += 1
    return change
