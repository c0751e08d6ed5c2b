"""Search: an index finds ids, the bus reads the messages and shows each caller what it may see."""

from __future__ import annotations

from dataclasses import replace

from agentchatbus.bus.projection import project
from agentchatbus.errors import InvalidRequest
from agentchatbus.model import HIDDEN, Caller, Message
from agentchatbus.ports.results import Found, FoundPage
from agentchatbus.ports.search import Hit, SearchIndex, SearchQuery
from agentchatbus.ports.storage import Storage, Transaction


class Search:
    """The use case of searching."""

    def __init__(self, storage: Storage, index: SearchIndex) -> None:
        self._storage = storage
        self._index = index

    async def find(self, query: SearchQuery, caller: Caller) -> FoundPage:
        if not query.text.strip():
            raise InvalidRequest("query must not be empty", field="query")
        page = await self._index.query(replace(query, sees_human_only=caller.sees_human_only))

        def work(tx: Transaction) -> list[Found]:
            found = [(hit, tx.messages.get(hit.message_id)) for hit in page.hits]
            topics = _topics(tx, {message.thread_id for _, message in found if message})
            return [_found(hit, message, topics, caller) for hit, message in found if message]

        return FoundPage(results=await self._storage.read(work), next_cursor=page.next_cursor, note=page.note)


def _topics(tx: Transaction, thread_ids: set[str]) -> dict[str, str]:
    threads = (tx.threads.get(thread_id) for thread_id in thread_ids)
    return {thread.id: thread.topic for thread in threads if thread}


def _found(hit: Hit, message: Message, topics: dict[str, str], caller: Caller) -> Found:
    is_hidden = message.is_human_only and not caller.sees_human_only
    return Found(
        message=project(message, caller),
        topic=topics.get(message.thread_id, ""),
        snippet=HIDDEN if is_hidden else hit.snippet,
        marks=() if is_hidden else hit.marks,
    )
