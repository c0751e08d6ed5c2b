"""Who leads a thread, and when the coordinator may speak in it."""

from __future__ import annotations

from dataclasses import replace

from agentchatbus.bus.agents import known
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.rights import require_lead, require_person
from agentchatbus.bus.tokens import existing
from agentchatbus.errors import InvalidRequest
from agentchatbus.events import ThreadAdminChanged, ThreadSettingsChanged
from agentchatbus.model import Administrator, Caller, Thread
from agentchatbus.ports.results import SettingsChanges
from agentchatbus.ports.storage import Transaction

MIN_TIMEOUT_SECONDS = 30
MAX_TIMEOUT_SECONDS = 10 * 365 * 24 * 3600
"""Ten years; larger numbers are slips of the keyboard."""


class Administration:
    """The use cases around a thread's settings and administrator."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._clock = parts.clock

    async def update(self, thread_id: str, changes: SettingsChanges, caller: Caller) -> Thread:
        _check(changes)

        def work(tx: Transaction) -> Thread:
            thread = existing(tx, thread_id)
            require_lead(caller, thread, "change a thread's settings")
            given = {name: value for name, value in changes.given().items() if getattr(thread.settings, name) != value}
            if not given:
                return thread
            settings = replace(thread.settings, **given, updated_at=self._clock.now())
            tx.threads.put_settings(thread_id, settings)
            changed = replace(thread, settings=settings)
            tx.events.append(ThreadSettingsChanged.of(changed), self._clock.now())
            return changed

        return await self._storage.write(work)

    async def assign(self, thread_id: str, agent_id: str, caller: Caller) -> Thread:
        require_person(caller, "choose a thread's administrator")

        def work(tx: Transaction) -> Thread:
            thread, agent, now = existing(tx, thread_id), known(tx, agent_id), self._clock.now()
            admin = Administrator(agent_id=agent.id, name=agent.display_name or agent.name, assigned_at=now)
            settings = replace(thread.settings, creator_admin=None, auto_assigned_admin=admin, updated_at=now)
            tx.threads.put_settings(thread_id, settings)
            changed = replace(thread, settings=settings)
            tx.events.append(ThreadAdminChanged.of(changed), now)
            return changed

        return await self._storage.write(work)


def _check(changes: SettingsChanges) -> None:
    for name in ("timeout_seconds", "switch_timeout_seconds"):
        value = getattr(changes, name)
        if value is not None and value < MIN_TIMEOUT_SECONDS:
            raise InvalidRequest(f"{name} must be at least {MIN_TIMEOUT_SECONDS}", field=name)
        if value is not None and value > MAX_TIMEOUT_SECONDS:
            raise InvalidRequest(f"{name} must be at most {MAX_TIMEOUT_SECONDS}", field=name)
