"""What the parts of the search contract share: a storage with an open index, and short ways to fill and ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from agentchatbus.model import Message
from agentchatbus.ports.search import Hit, SearchIndex, SearchOffer, SearchPage, SearchQuery
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import SomethingHappened, at, make_message, make_thread


@dataclass(slots=True, kw_only=True)
class SearchSite:
    """A storage and an index that is open on it."""

    storage: Storage
    index: SearchIndex
    said: dict[str, str] = field(default_factory=dict)

    async def say(self, content: str, thread_id: str = "t", /, **fields: Any) -> str:
        """Post a message the way the bus does, into a thread that is made when it is missing, and return its id."""

        def work(tx: Transaction) -> Message:
            if tx.threads.get(thread_id) is None:
                tx.threads.add(make_thread(thread_id))
            thread = tx.threads.get(thread_id)
            seq = thread.last_seq + 1 if thread else 1
            moment = at(len(self.said))
            message = make_message(seq, thread_id, **{"content": content, "created_at": moment, **fields})
            tx.messages.append(message)
            tx.events.append(SomethingHappened(thread_id=thread_id), message.created_at)
            return message

        message = await self.storage.write(work)
        self.said[message.id] = content
        return message.id

    async def change(self, message_id: str, **fields: Any) -> None:
        """Edit a stored message."""

        def work(tx: Transaction) -> None:
            message = tx.messages.get(message_id)
            if message is not None:
                tx.messages.update(replace(message, **{"edit_version": message.edit_version + 1, **fields}))
                tx.events.append(SomethingHappened(thread_id=message.thread_id), message.created_at)

        await self.storage.write(work)

    async def remove_thread(self, thread_id: str) -> None:
        """Remove a thread and all that belongs to it."""

        def work(tx: Transaction) -> None:
            tx.threads.remove(thread_id)
            tx.events.append(SomethingHappened(), at(0))

        await self.storage.write(work)

    async def page(self, text: str, **fields: Any) -> SearchPage:
        """Ask for one page."""
        return await self.index.query(SearchQuery(text=text, **fields))

    async def found(self, text: str, **fields: Any) -> set[str]:
        """Return the contents of what is found, over all pages."""
        return {self.said[hit.message_id] for hit in await self.hits(text, **fields)}

    async def hits(self, text: str, **fields: Any) -> list[Hit]:
        """Return the hits of all pages."""
        page = await self.page(text, **fields)
        hits = list(page.hits)
        while page.next_cursor is not None:
            page = await self.page(text, **{**fields, "cursor": page.next_cursor})
            hits += page.hits
        return hits


@pytest.mark.asyncio
class SearchCase:
    """Base of the parts; `window` is how many of the newest matches the index ranks against each other."""

    window: ClassVar[int] = 200

    def offer(self) -> SearchOffer:
        """Return what the plugin's ``register_search`` offers."""
        raise NotImplementedError

    def open_storage(self, tmp_path: Path) -> AbstractAsyncContextManager[Storage]:
        """Open a storage that the index supports, on an empty folder or again on one that it has filled."""
        raise NotImplementedError

    @pytest_asyncio.fixture
    async def site(self, tmp_path: Path) -> AsyncIterator[SearchSite]:
        async with self.open_storage(tmp_path) as storage, self.offer().open(storage) as index:
            yield SearchSite(storage=storage, index=index)
