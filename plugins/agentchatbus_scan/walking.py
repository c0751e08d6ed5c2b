"""From message to message, newest first, over all threads."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush

from agentchatbus.plugin_api import Message, MessageQuery, Storage, Thread, ThreadQuery, Transaction, isoformat
from agentchatbus.plugin_api import search_language as language

PAGE = 50
THREADS_AT_ONCE = 100

key_types = (str, str, int)
"""The types of the parts of a key."""


def key_of(message: Message) -> language.Key:
    """Return where a message stands among all."""
    return isoformat(message.created_at), message.thread_id, message.seq


class _Stream:
    """The messages of one thread, from the newest that is asked for; the stream of the newest message sorts first."""

    def __init__(self, thread_id: str, first: deque[Message]) -> None:
        self._thread_id = thread_id
        self._read = first

    @property
    def newest(self) -> Message:
        return self._read[0]

    def __lt__(self, other: _Stream) -> bool:
        return key_of(other.newest) < key_of(self.newest)

    def move_on(self, tx: Transaction) -> bool:
        """Go to the next older message and return whether there is one."""
        last = self._read.popleft()
        if not self._read:
            self._read.extend(_older(tx, self._thread_id, last.seq))
        return bool(self._read)


class Walk:
    """Visits messages in the order of their keys, newest first.

    What arrives after `begin` is not visited, and no unit of work looks at more than a few messages or threads.

    Args:
        thread_id: Only this thread; None visits all.
        window: Between which keys to walk.
    """

    def __init__(self, thread_id: str | None, window: language.Window) -> None:
        self._thread_id = thread_id
        self._window = window
        self._streams: list[_Stream] = []

    @property
    def goes_on(self) -> bool:
        """Whether there are messages left."""
        return bool(self._streams)

    async def begin(self, storage: Storage) -> None:
        """Find the newest message of every thread."""
        async for thread_ids in self._threads(storage):
            for stream in await storage.read(partial(self._open, thread_ids)):
                heappush(self._streams, stream)

    def messages(self, tx: Transaction, limit: int) -> Iterator[Message]:
        """Yield the next messages; the walk goes on behind the last one that was taken."""
        for _ in range(limit):
            if not self._streams:
                return
            stream = heappop(self._streams)
            message = stream.newest
            if self._window.oldest is not None and key_of(message) < self._window.oldest:
                self._streams.clear()
                return
            if stream.move_on(tx):
                heappush(self._streams, stream)
            yield message

    async def _threads(self, storage: Storage) -> AsyncIterator[list[str]]:
        """Yield the ids of the threads to visit, a bounded number at a time."""
        if self._thread_id is not None:
            yield [self._thread_id]
            return
        query = ThreadQuery(include_archived=True, limit=THREADS_AT_ONCE)
        while page := await storage.read(partial(_page, query)):
            yield [thread.id for thread in page]
            query = replace(query, before=(page[-1].created_at, page[-1].id))

    def _open(self, thread_ids: list[str], tx: Transaction) -> list[_Stream]:
        pages = ((thread_id, self._first(tx, thread_id)) for thread_id in thread_ids)
        return [_Stream(thread_id, page) for thread_id, page in pages if page]

    def _first(self, tx: Transaction, thread_id: str) -> deque[Message]:
        """Return the newest messages of a thread that lie in the window, found by halving the range of their seqs."""
        page = _older(tx, thread_id, None)
        if not page or self._is_in(page[0]):
            return page
        low, high = 0, page[0].seq
        while high - low > 1:
            middle = (low + high) // 2
            found = _older(tx, thread_id, middle + 1, limit=1)
            if found and self._is_in(found[0]):
                low = middle
            elif found:
                high = found[0].seq
            else:
                low = middle
        return _older(tx, thread_id, low + 1)

    def _is_in(self, message: Message) -> bool:
        key, window = key_of(message), self._window
        if window.below is not None and not key < window.below:
            return False
        return window.newest is None or key <= window.newest


def _page(query: ThreadQuery, tx: Transaction) -> list[Thread]:
    return tx.threads.page(query)


def _older(tx: Transaction, thread_id: str, seq: int | None, limit: int = PAGE) -> deque[Message]:
    query = MessageQuery(thread_id=thread_id, before_seq=seq, limit=limit, newest=True)
    return deque(reversed(tx.messages.page(query)))
