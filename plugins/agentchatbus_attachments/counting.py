"""Which messages refer to which files, kept up to date by the event log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from agentchatbus.plugin_api import (
    Bus,
    Event,
    Follower,
    Message,
    MessageQuery,
    Thread,
    ThreadQuery,
    Transaction,
)
from agentchatbus_attachments import ledger
from agentchatbus_attachments.kinds import names_in
from agentchatbus_attachments.ledger import CHANGING, DELETED, LOG, Changes, Count, Entry
from agentchatbus_attachments.stock import Stock

PAGE = 500
UNREAD = 1000
"""Newest events that are looked through before a file goes; with more of them it is asked for again later."""


class References:
    """Counts what refers to the files of one bus.

    Attributes:
        stock: Every file.
    """

    def __init__(self, bus: Bus) -> None:
        self.stock = Stock()
        self._bus = bus
        self._threads: set[str] = set()
        self._follower: Follower[Changes] = Follower(
            bus, LOG, concerns=self._concerns, apply=self._apply, rebuild=self._rebuild, applied=self._take
        )

    @asynccontextmanager
    async def running(self, on_disk: Mapping[str, int]) -> AsyncIterator[None]:
        """Count for as long as the context lasts.

        Args:
            on_disk: The size of every file in the folder. References to those that nobody uploaded here, because an
                import put them there, are counted anew.
        """
        known, self._threads = await self._bus.storage.write(lambda tx: self._take_stock(tx, on_disk))
        for name, entry in known.items():
            self.stock.put(name, entry)
        async with self._follower.running():
            yield

    async def uploaded(self, name: str, entry: Entry) -> None:
        """Note that a file was uploaded, perhaps once more."""
        self.stock.put(name, await self._bus.storage.write(lambda tx: ledger.touch(tx, name, entry)))

    async def caught_up(self) -> None:
        """Wait until everything is counted that has happened so far."""
        await self._follower.caught_up()

    async def give_up(self, name: str, is_due: Callable[[Entry], bool]) -> bool:
        """Forget a file, unless somebody refers to it by now; return whether it is forgotten."""
        await self.caught_up()
        cursor = self._follower.cursor

        def work(tx: Transaction) -> bool:
            unread = tx.events.after(cursor, UNREAD)
            document = tx.documents.get(ledger.FILES, name)
            if len(unread) == UNREAD or any(name in _names_of(event) for event in unread):
                return False
            if document is not None and not is_due(Entry.read(document)):
                return False
            tx.documents.delete(ledger.FILES, name)
            return True

        is_gone = await self._bus.storage.write(work)
        if is_gone:
            self.stock.drop(name)
        return is_gone

    def _take_stock(self, tx: Transaction, on_disk: Mapping[str, int]) -> tuple[dict[str, Entry], set[str]]:
        known, now = ledger.files(tx), self._bus.clock.now()
        strange = {name: Entry(at=now, size=size) for name, size in on_disk.items() if name not in known}
        for name, entry in strange.items():
            ledger.put(tx, name, entry)
        if strange:
            self._follower.forget(tx)
        return known | strange, ledger.threads(tx)

    def _concerns(self, event: Event) -> bool:
        if event.type not in CHANGING:
            return False
        if event.type != "msg.new" and event.payload["thread_id"] in self._threads:
            return True
        return event.type != DELETED and bool(_names_of(event))

    def _apply(self, tx: Transaction, events: Sequence[Event]) -> Changes:
        count = Count(tx, self._bus.clock.now())
        count.events(events)
        return count.changes

    def _take(self, changes: Changes) -> None:
        for name, entry in changes.files.items():
            self.stock.put(name, entry)
        for thread_id, refers in changes.threads.items():
            (self._threads.add if refers else self._threads.discard)(thread_id)

    async def _rebuild(self) -> int:
        """Count the references in all messages; where there is no file there is nothing to count."""
        newest: int = await self._bus.storage.read(lambda tx: tx.events.bounds()[1])
        gone = set(self._threads)
        before: tuple[datetime, str] | None = None
        while self.stock and (page := await self._thread_page(before)):
            for thread in page:
                gone.discard(thread.id)
                await self._recount(thread)
            before = (page[-1].created_at, page[-1].id)
        for thread_id in gone:
            await self._forget_thread(thread_id)
        return newest

    async def _thread_page(self, before: tuple[datetime, str] | None) -> Sequence[Thread]:
        query = ThreadQuery(include_archived=True, limit=PAGE, before=before)
        return await self._bus.storage.read(lambda tx: tx.threads.page(query))

    async def _recount(self, thread: Thread) -> None:
        seq = 0
        while seq < thread.last_seq:
            page = await self._message_page(thread.id, seq)
            if not page:
                return
            seq = page[-1].seq
            if found := [item.id for item in page if names_in(item.content, item.metadata)]:
                await self._count_messages(thread.id, found)

    async def _message_page(self, thread_id: str, after_seq: int) -> Sequence[Message]:
        query = MessageQuery(thread_id=thread_id, after_seq=after_seq, limit=PAGE)
        return await self._bus.storage.read(lambda tx: tx.messages.page(query))

    async def _count_messages(self, thread_id: str, message_ids: Sequence[str]) -> None:
        def work(tx: Transaction) -> Changes:
            count = Count(tx, self._bus.clock.now())
            for message_id in message_ids:
                count.message(thread_id, message_id)
            return count.changes

        self._take(await self._bus.storage.write(work))

    async def _forget_thread(self, thread_id: str) -> None:
        def work(tx: Transaction) -> Changes:
            count = Count(tx, self._bus.clock.now())
            count.thread_is_gone(thread_id)
            return count.changes

        self._take(await self._bus.storage.write(work))


def _names_of(event: Event) -> list[str]:
    """Return the files that an event's message refers to."""
    row = event.payload.get("message")
    return names_in(row["content"], row["metadata"]) if event.type in CHANGING and row else []
