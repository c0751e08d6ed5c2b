"""Operations on the settings of threads and on who waits in them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from agentchatbus.bus.catalogue.lifecycle import ProvenThreadParams
from agentchatbus.bus.catalogue.threads import ThreadParams
from agentchatbus.model import Thread, WaitState
from agentchatbus.operations import Call, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.results import SettingsChanges, WaitHistory


class ThreadSettingsParams(ProvenThreadParams):
    """Arguments of ``thread_settings_update``."""

    auto_administrator_enabled: bool | None = Field(None, description="Whether the coordinator may speak.")
    timeout_seconds: int | None = Field(None, description="How long all wait before the coordinator speaks; >= 30.")
    switch_timeout_seconds: int | None = Field(None, description="When it proposes another administrator; >= 30.")


class AdministrationOperations:
    """Operations on the settings of threads and on who waits in them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="GET", path="/api/threads/{thread_id}/settings"), read_only=True, idempotent=True)
    async def thread_settings_get(self, params: ThreadParams, _call: Call) -> Thread:
        """Get a thread's coordination settings."""
        return await self._bus.threads.get(params.thread_id)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/settings"), idempotent=True)
    async def thread_settings_update(self, params: ThreadSettingsParams, call: Call) -> Thread:
        """Change a thread's coordination settings; for its administrator."""
        changes = SettingsChanges(
            auto_administrator_enabled=params.auto_administrator_enabled,
            timeout_seconds=params.timeout_seconds,
            switch_timeout_seconds=params.switch_timeout_seconds,
        )
        return await self._bus.administration.update(params.thread_id, changes, call.caller)

    @operation(route=Route(method="GET", path="/api/threads/{thread_id}/waits"), read_only=True, idempotent=True)
    async def thread_wait_state_get(self, params: ThreadParams, _call: Call) -> Sequence[WaitState]:
        """See which agents wait in a thread right now."""
        await self._bus.threads.get(params.thread_id)
        return [state for state in self._bus.waiting.states() if state.thread_id == params.thread_id]

    @operation(
        route=Route(method="GET", path="/api/threads/{thread_id}/waits/history"),
        read_only=True,
        idempotent=True,
        tool=False,
    )
    async def thread_wait_history(self, params: ThreadParams, _call: Call) -> WaitHistory:
        """See who waited in a thread for whom, and for how long; as far as the log of events tells."""
        return await self._bus.waiting.history(params.thread_id)
