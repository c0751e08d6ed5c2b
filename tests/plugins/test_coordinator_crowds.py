"""Many agents that wait for each other: each deadlock costs the same, however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from agentchatbus.plugin_api import Storage, StorageContext, StorageOffer, Transaction
from agentchatbus.testing import AgentHandle
from agentchatbus.testing.memory import MemoryStorage
from tests.plugins.coordinator_kit import DAY_MS, DEADLOCK, MakeRoom, Room, make_room
from tests.plugins.test_coordinator_deadlocks import events, pair, until_events, wait_for

__all__ = ["make_room"]

T = TypeVar("T")

UNITS_A_DEADLOCK = 16
"""Units of work: two waits that begin, what the report reads and writes, and the agents' own looks."""


class CountingStorage(MemoryStorage):
    """Counts the units of work."""

    units = 0

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self.units += 1
        return await super().read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        self.units += 1
        return await super().write(work)


async def crowd(room: Room, pairs: int) -> list[AgentHandle]:
    """Return agents of one thread that nobody leads, ready to wait."""
    agents = [await room.agent(f"Agent {number}", thread_id=room.bus.thread) for number in range(2 * pairs)]
    for agent in agents:
        await agent.wait(0)
    return agents


async def all_wait_for_their_neighbours(room: Room, agents: list[AgentHandle]) -> None:
    """Let each two wait for each other, all at once, until all of it is told."""
    told = len(await events(room))
    for number, agent in enumerate(agents):
        other = agents[number ^ 1]
        room.tasks.add(asyncio.create_task(agent.wait(DAY_MS, waiting_for=[other.agent_id])))
    await until_events(room, *["deadlock"] * (told + len(agents) // 2))


async def test_each_of_many_deadlocks_costs_the_same(make_room: MakeRoom) -> None:
    storage = CountingStorage()

    @asynccontextmanager
    async def opened(_: StorageContext) -> AsyncIterator[Storage]:
        yield storage

    room = await make_room(storage=StorageOffer(name="memory", open=opened))
    for pairs in (3, 15):
        agents = await crowd(room, pairs)
        before = storage.units
        await all_wait_for_their_neighbours(room, agents)
        assert (storage.units - before) / pairs < UNITS_A_DEADLOCK


async def test_every_deadlock_of_a_crowd_has_its_card(make_room: MakeRoom) -> None:
    room = await make_room()
    agents = await crowd(room, 12)
    await all_wait_for_their_neighbours(room, agents)
    cards = [card for card in await room.said(room.bus.thread) if card.metadata["ui_type"] == DEADLOCK]
    told = [frozenset(row["agent_id"] for row in card.metadata["cycle"]) for card in cards]
    expected = {frozenset({agents[number].agent_id, agents[number + 1].agent_id}) for number in range(0, 24, 2)}
    assert len(told) == 12
    assert set(told) == expected


async def test_a_circle_that_was_entangled_with_a_broken_one_is_reported_next(make_room: MakeRoom) -> None:
    room = await make_room(grace_seconds=0)
    orion, vega = await pair(room)
    lyra, mira = [await room.agent(name, thread_id=room.bus.thread) for name in ("Lyra", "Mira")]
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion, lyra)
    (first,) = await until_events(room, "deadlock")
    assert {row["agent_name"] for row in first.payload["cycle"]} == {"Orion", "Vega"}
    await wait_for(room, lyra, mira)
    await wait_for(room, mira, lyra, orion)
    await room.idle(30)
    await until_events(room, "deadlock")
    await room.leave(vega)
    *_, last = await until_events(room, "deadlock", "deadlock_resolved", "deadlock")
    assert {row["agent_name"] for row in last.payload["cycle"]} == {"Lyra", "Mira"}


async def test_a_circle_is_reported_once_the_coordinator_may_speak_in_its_thread(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    await room.bus.call("thread_settings_update", thread_id=room.bus.thread, auto_administrator_enabled=False)
    await wait_for(room, orion, vega)
    await wait_for(room, vega, orion)
    await room.idle(30)
    assert await events(room) == []
    await room.bus.call("thread_settings_update", thread_id=room.bus.thread, auto_administrator_enabled=True)
    await until_events(room, "deadlock")


async def test_of_two_waits_in_one_place_the_one_that_is_left_still_counts(make_room: MakeRoom) -> None:
    room = await make_room()
    orion, vega = await pair(room)
    lyra = await room.agent("Lyra", thread_id=room.bus.thread)
    await wait_for(room, orion, vega)
    other = asyncio.create_task(orion.wait(DAY_MS, waiting_for=[lyra.agent_id]))
    await until_told(room, "wait.started", 2)
    other.cancel()
    await until_told(room, "wait.ended", 1)
    await wait_for(room, vega, orion)
    await until_events(room, "deadlock")


async def until_told(room: Room, kind: str, count: int) -> None:
    """Wait until there are so many events of a type."""

    async def is_told() -> bool:
        found = await room.bus.app.bus.feed.read(0, 10_000)
        return sum(event.type == kind for event in found or ()) >= count

    await room.until(is_told)
