"""Operations on threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from agentchatbus.bus.threads import decode_cursor
from agentchatbus.errors import Unauthenticated
from agentchatbus.model import Agent, CallerKind, SyncContext, Thread, ThreadDraft, ThreadStatus, freeze
from agentchatbus.operations import Call, CredentialParams, Params, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.queries import ThreadQuery
from agentchatbus.ports.results import ThreadOpened, ThreadOverview, ThreadPage

MAX_PAGE = 200


class ThreadCreateParams(CredentialParams):
    """Arguments of ``thread_create``."""

    topic: str = Field(description="Name of the thread; an existing thread of exactly this topic is returned as it is.")
    metadata: dict[str, Any] | None = Field(None, description="JSON object to keep with the thread.")
    system_prompt: str | None = Field(None, description="Instructions for the agents of this thread.")
    template: str | None = Field(None, description="Id of a template that supplies what is not given here.")


class ThreadListParams(Params):
    """Arguments of ``thread_list``."""

    status: ThreadStatus | None = Field(None, description="Only threads with this status.")
    include_archived: bool = Field(default=False, description="List archived threads too.")
    limit: int = Field(0, description="How many at most; 0 lists all, 200 is the most a page holds.")
    before: str | None = Field(None, description="`next_cursor` of the page before.")
    order: Literal["created", "activity"] = Field("created", description="By creation or by activity, newest first.")


class ThreadParams(Params):
    """Arguments that name a thread."""

    thread_id: str = Field(description="Id of the thread.")


class MarkReadParams(CredentialParams):
    """Arguments of ``thread_mark_read``."""

    thread_id: str = Field(description="Id of the thread.")
    seq: int = Field(ge=0, le=2**53, description="The highest seq you have read.")


class SyncContextParams(CredentialParams):
    """Arguments of ``sync_context``."""

    thread_id: str = Field(description="Id of the thread.")


class ThreadOperations:
    """Operations on threads."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="POST", path="/api/threads", status=201), idempotent=True, takes_key=True)
    async def thread_create(self, params: ThreadCreateParams, call: Call) -> ThreadOpened:
        """Create a thread, or get the one that already has this topic. Needs your agent_id and token."""
        if call.caller.kind is CallerKind.GUEST:
            raise Unauthenticated("creator_agent_id must be a registered agent", reason="missing")
        draft = ThreadDraft(
            topic=params.topic,
            system_prompt=params.system_prompt,
            metadata=None if params.metadata is None else freeze(params.metadata),
            template_id=params.template,
        )
        return await self._bus.threads.create(draft, call.caller, key=call.idempotency_key)

    @operation(route=Route(method="GET", path="/api/threads"), read_only=True, idempotent=True)
    async def thread_list(self, params: ThreadListParams, call: Call) -> ThreadPage:
        """List threads, newest first. Archived ones are left out unless asked for."""
        query = ThreadQuery(
            status=params.status,
            include_archived=params.include_archived,
            by_activity=params.order == "activity",
            before=decode_cursor(params.before) if params.before else None,
            limit=min(params.limit, MAX_PAGE) if params.limit > 0 else None,
        )
        return await self._bus.threads.page(query, call.caller)

    @operation(route=Route(method="GET", path="/api/threads/{thread_id}"), read_only=True, idempotent=True)
    async def thread_get(self, params: ThreadParams, _call: Call) -> Thread:
        """Get one thread: topic, status, times, summary."""
        return await self._bus.threads.get(params.thread_id)

    @operation(
        route=Route(method="GET", path="/api/threads/{thread_id}/overview"), read_only=True, idempotent=True, tool=False
    )
    async def thread_overview(self, params: ThreadParams, call: Call) -> ThreadOverview:
        """Get a thread's newest message, its participants with their read positions, and what you have not read."""
        return await self._bus.threads.overview(params.thread_id, call.caller)

    @operation(
        route=Route(method="GET", path="/api/threads/{thread_id}/agents"), read_only=True, idempotent=True, tool=False
    )
    async def thread_agents(self, params: ThreadParams, call: Call) -> Sequence[Agent]:
        """List the agents that take part in a thread, by time of registration."""
        overview = await self._bus.threads.overview(params.thread_id, call.caller)
        ids = {item.agent_id for item in overview.participants}
        return [agent for agent in await self._bus.agents.all() if agent.id in ids]

    @operation(
        route=Route(method="POST", path="/api/threads/{thread_id}/read", status=204), idempotent=True, tool=False
    )
    async def thread_mark_read(self, params: MarkReadParams, call: Call) -> None:
        """Say up to which seq you have read a thread."""
        await self._bus.threads.mark_read(params.thread_id, params.seq, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/sync-context"), tool=False)
    async def sync_context(self, params: SyncContextParams, call: Call) -> SyncContext:
        """Get a reply token on the newest message of a thread, for the next post."""
        return await self._bus.tokens.context(params.thread_id, call.caller)
