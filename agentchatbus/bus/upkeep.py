"""Upkeep: what nobody will ask for again is removed, a little at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from agentchatbus.bus.expiry import expire_agents
from agentchatbus.clock import Clock
from agentchatbus.events import Event, ThreadDeleted
from agentchatbus.ports.storage import Storage

logger = logging.getLogger(__name__)

MAX_BATCHES = 200
"""Batches of one round; what is left then waits for the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long old rows stay.

    Attributes:
        events: How long events can be read again.
        used_tokens: How long a used reply token is told from an unknown one.
        answers: How long a repeat with the same idempotency key is recognised.
        agents: How long an agent stays that gives no sign of life; None keeps it for ever.
        interval_seconds: How often old rows are removed.
    """

    events: timedelta = timedelta(days=7)
    used_tokens: timedelta = timedelta(days=1)
    answers: timedelta = timedelta(days=1)
    agents: timedelta | None = None
    interval_seconds: float = 600.0


class Upkeep:
    """Removes old rows now and then."""

    def __init__(self, storage: Storage, clock: Clock, retention: Retention) -> None:
        self._storage = storage
        self._clock = clock
        self._retention = retention
        self._has_remains = True  # of threads deleted before the start, for all one knows
        storage.on_commit(self._notice)

    async def run(self) -> None:
        """Tidy up at every interval until cancelled."""
        never = asyncio.Event()
        while True:
            await self._clock.wait_for(never, self._retention.interval_seconds, background=True)
            try:
                removed = await self.tidy()
                await self._scrub()
            except Exception:
                logger.exception("Old rows could not be removed")
            else:
                logger.debug("Removed %d old rows", removed)

    def _notice(self, events: Sequence[Event]) -> None:
        self._has_remains = self._has_remains or any(event.type == ThreadDeleted.type for event in events)

    async def _scrub(self) -> None:
        """Make deleted threads unreadable where the data lies."""
        if self._has_remains:
            self._has_remains = False
            await self._storage.scrub()

    async def tidy(self) -> int:
        """Remove what is older than its retention, batch by batch, and return how many rows went."""
        now = self._clock.now()
        removed = 0
        for _ in range(MAX_BATCHES):
            batch = await self._storage.prune(
                events_before=now - self._retention.events,
                tokens_before=now - self._retention.used_tokens,
                answers_before=now - self._retention.answers,
            )
            removed += batch
            if not batch:
                break
        if self._retention.agents is not None:
            removed += await expire_agents(self._storage, self._clock, self._retention.agents)
        return removed
