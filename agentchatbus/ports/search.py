"""The search port: an index over messages that answers with ids; the bus reads and projects the messages itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from agentchatbus.ports.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What to look for.

    Attributes:
        text: The query as a person wrote it.
        thread_id: Only in this thread.
        limit: How many hits at most.
        cursor: Where the last page ended, as the index returned it.
        sees_human_only: Whether messages for humans only may be found.
    """

    text: str
    thread_id: str | None = None
    limit: int = 50
    cursor: str | None = None
    sees_human_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message found; `marks` are (start, end) offsets into `snippet`."""

    message_id: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of hits, best first; `note` tells people what was left out, such as a bounded ranking window."""

    hits: tuple[Hit, ...]
    next_cursor: str | None = None
    note: str | None = None


class SearchIndex(ABC):
    """An opened index."""

    @abstractmethod
    async def query(self, query: SearchQuery) -> SearchPage:
        """Return one page of hits.

        Raises:
            InvalidRequest: The query cannot be understood; the message says where.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOffer:
    """What ``register_search`` returns; of all offers that support the storage, the highest priority is chosen.

    `open` holds the index open for as long as its context lasts, and brings it up to date first.
    """

    name: str
    priority: int
    supports: Callable[[Storage], bool]
    open: Callable[[Storage], AbstractAsyncContextManager[SearchIndex]]
