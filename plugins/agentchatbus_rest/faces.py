"""How agents look: messages name their author by id and generated name only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agentchatbus.plugin_api import Agent, Bus, NotFound, Role, agent_emoji, author_emoji

MAX_FACES = 10_000
MAX_EVENTS = 1_000
"""Events to look through for changes of agents; after more of them everything is looked up again."""


@dataclass(frozen=True, slots=True)
class Face:
    """An agent's display name and emoji."""

    name: str
    emoji: str


def face_of(agent: Agent) -> Face:
    """Return how an agent looks."""
    return Face(agent.display_name or agent.name, agent.emoji or agent_emoji(agent.id))


class Faces:
    """Remembers how agents look, and forgets one when the event log says that its agent changed."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[str, Face | None] = {}
        self._cursor = 0

    async def of(self, agent_ids: Iterable[str | None]) -> dict[str, Face]:
        """Return how those of some agents look that exist, by their ids."""
        await self._forget_changed()
        wanted = {agent_id for agent_id in agent_ids if agent_id is not None}
        found = {agent_id: await self._known_or_found(agent_id) for agent_id in wanted}
        return {agent_id: face for agent_id, face in found.items() if face is not None}

    async def _known_or_found(self, agent_id: str) -> Face | None:
        if agent_id not in self._known:
            try:
                face = face_of(await self._bus.agents.get(agent_id))
            except NotFound:
                face = None
            if len(self._known) >= MAX_FACES:
                self._known.clear()
            self._known[agent_id] = face
        return self._known[agent_id]

    async def _forget_changed(self) -> None:
        newest = self._bus.feed.newest
        if newest - self._cursor > MAX_EVENTS:
            self._known.clear()
            self._cursor = newest
        while self._cursor < newest:
            events = await self._bus.feed.read(self._cursor)
            if not events:
                self._known.clear()
                self._cursor = newest
                return
            for event in events:
                if event.type.startswith("agent."):
                    self._known.pop(event.payload.get("agent_id") or "", None)
            self._cursor = max(self._cursor, events[-1].id)


def author_face(face: Face | None, author_id: str | None, name: str, role: Role) -> Face:
    """Return how the author of a message looks; one that is gone keeps the name it had."""
    if face is None:
        return Face(name, author_emoji(author_id, name, role))
    return face
