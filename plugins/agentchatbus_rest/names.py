"""The aliases of agents: messages name their author by id and generated name only."""

from __future__ import annotations

from collections.abc import Iterable

from agentchatbus.plugin_api import Bus, NotFound

MAX_NAMES = 10_000
MAX_EVENTS = 1_000
"""Events to look through for changes of agents; after more of them everything is looked up again."""


class DisplayNames:
    """Remembers display names, and forgets one when the event log says that its agent changed."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._names: dict[str, str | None] = {}
        self._cursor = 0

    async def of(self, agent_id: str | None) -> str | None:
        """Return the display name of one agent, None when there is no such agent."""
        return None if agent_id is None else (await self.of_all((agent_id,))).get(agent_id)

    async def of_all(self, agent_ids: Iterable[str | None]) -> dict[str, str | None]:
        """Return the display names of some agents."""
        await self._forget_changed()
        wanted = {agent_id for agent_id in agent_ids if agent_id is not None}
        return {agent_id: await self._known_or_found(agent_id) for agent_id in wanted}

    async def _known_or_found(self, agent_id: str) -> str | None:
        if agent_id not in self._names:
            try:
                name = (await self._bus.agents.get(agent_id)).display_name or None
            except NotFound:
                name = None
            if len(self._names) >= MAX_NAMES:
                self._names.clear()
            self._names[agent_id] = name
        return self._names[agent_id]

    async def _forget_changed(self) -> None:
        newest = self._bus.feed.newest
        if newest - self._cursor > MAX_EVENTS:
            self._names.clear()
            self._cursor = newest
        while self._cursor < newest:
            events = await self._bus.feed.read(self._cursor)
            if not events:
                self._names.clear()
                self._cursor = newest
                return
            for event in events:
                if event.type.startswith("agent."):
                    self._names.pop(event.payload.get("agent_id") or "", None)
            self._cursor = max(self._cursor, events[-1].id)
