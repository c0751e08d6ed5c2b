"""Operations on what becomes of threads."""

from __future__ import annotations

from pydantic import Field

from agentchatbus.bus.catalogue.threads import ThreadParams
from agentchatbus.errors import InvalidRequest
from agentchatbus.model import Thread, ThreadStatus
from agentchatbus.operations import Call, CredentialParams, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.results import Closed, DeletedThread

NOT_CONFIRMED = "Deletion aborted: confirm must be true. This action is irreversible."


class ProvenThreadParams(CredentialParams, ThreadParams):
    """Arguments that name a thread and prove who asks."""


class ThreadDeleteParams(ProvenThreadParams):
    """Arguments of ``thread_delete``."""

    confirm: bool = Field(description="Must be true: everything in the thread is lost.")


class ThreadStateParams(ProvenThreadParams):
    """Arguments of ``thread_set_state``."""

    state: ThreadStatus = Field(description="The new state.")


class ThreadCloseParams(ProvenThreadParams):
    """Arguments of ``thread_close`` and ``close_meeting``."""

    summary: str | None = Field(None, description="What came out of it.")


class ThreadRenameParams(ProvenThreadParams):
    """Arguments of ``thread_rename``."""

    topic: str = Field(description="The new topic.")


class LifecycleOperations:
    """Operations on what becomes of threads."""

    def __init__(self, bus: Bus) -> None:
        self._lifecycle = bus.lifecycle

    @operation(route=Route(method="DELETE", path="/api/threads/{thread_id}"), destructive=True)
    async def thread_delete(self, params: ThreadDeleteParams, call: Call) -> DeletedThread:
        """Delete a thread with everything in it, for ever. Only people may."""
        if not params.confirm:
            raise InvalidRequest(NOT_CONFIRMED, field="confirm")
        return await self._lifecycle.delete(params.thread_id, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/state"), idempotent=True)
    async def thread_set_state(self, params: ThreadStateParams, call: Call) -> Thread:
        """Set a thread's state."""
        return await self._lifecycle.set_status(params.thread_id, params.state, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/close"), idempotent=True)
    async def thread_close(self, params: ThreadCloseParams, call: Call) -> Closed:
        """Close a thread; it takes no more messages."""
        return await self._lifecycle.close(params.thread_id, params.summary, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/archive"), idempotent=True)
    async def thread_archive(self, params: ProvenThreadParams, call: Call) -> Thread:
        """Archive a thread: it leaves the lists and takes no more messages."""
        return await self._lifecycle.archive(params.thread_id, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/unarchive"), idempotent=True)
    async def thread_unarchive(self, params: ProvenThreadParams, call: Call) -> Thread:
        """Bring an archived thread back in the state it had."""
        return await self._lifecycle.unarchive(params.thread_id, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/rename"), idempotent=True, tool=False)
    async def thread_rename(self, params: ThreadRenameParams, call: Call) -> Thread:
        """Give a thread another topic."""
        return await self._lifecycle.rename(params.thread_id, params.topic, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/close-meeting"), idempotent=True)
    async def close_meeting(self, params: ThreadCloseParams, call: Call) -> Closed:
        """Say goodbye in a thread and close it; for its administrator."""
        return await self._lifecycle.close_meeting(params.thread_id, params.summary, call.caller)
