"""The operation of searching."""

from __future__ import annotations

from pydantic import Field

from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.ports.results import FoundPage
from agentchatbus.ports.search import SearchQuery
from agentchatbus.ports.use_cases import Search

MAX_RESULTS = 200


class MsgSearchParams(Params):
    """Arguments of ``msg_search``."""

    query: str = Field(description='Words, "a phrase", prefix*, OR, -not, from:, in:, before:, after:, is:edited.')
    thread_id: str | None = Field(None, description="Only in this thread.")
    limit: int = Field(50, description=f"How many at most, {MAX_RESULTS} at the most.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class SearchOperations:
    """The operation of searching; offered only where a plugin can search the storage."""

    def __init__(self, search: Search) -> None:
        self._search = search

    @operation(route=Route(method="GET", path="/api/search"), read_only=True, idempotent=True)
    async def msg_search(self, params: MsgSearchParams, call: Call) -> FoundPage:
        """Search the messages of all threads, best match first."""
        limit = max(0, min(params.limit, MAX_RESULTS))
        query = SearchQuery(text=params.query, thread_id=params.thread_id, limit=limit, cursor=params.cursor)
        return await self._search.find(query, call.caller)
