"""What the coordinator knows after a restart of the bus, and when it cannot write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agentchatbus.plugin_api import Storage, StorageContext, StorageOffer
from agentchatbus.testing import AgentHandle, ManualClock, make_bus
from agentchatbus.testing.memory import MemoryStorage
from agentchatbus_coordinator import CoordinatorPlugin, CoordinatorSettings
from tests.plugins.coordinator_kit import DEADLOCK, NOTICE, OFFLINE, TAKEOVER, Room
from tests.plugins.test_coordinator_deadlocks import pair, until_events, wait_for


class Runs:
    """A bus that is stopped and started again on the same storage."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._storage = MemoryStorage()

    @asynccontextmanager
    async def run(self, topic: str = "Room") -> AsyncIterator[Room]:
        plugin = CoordinatorPlugin(CoordinatorSettings())
        offer = StorageOffer(name="memory", open=self._open)
        async with make_bus(plugins=[plugin], clock=self._clock, storage=offer) as bus:
            room = Room(bus=bus, clock=self._clock, admin=await bus.agent("Nova", thread_id=None, thread_name=topic))
            yield room
            bus.stop_feed()

    @asynccontextmanager
    async def _open(self, _: StorageContext) -> AsyncIterator[Storage]:
        yield self._storage


async def back(room: Room, agent: AgentHandle) -> AgentHandle:
    """Return the same agent as a client of the bus that runs now."""
    client = room.bus.guest()
    joined: Any = await client.call(
        "bus_connect", thread_id=agent.thread_id, agent_id=agent.agent_id, token=agent.token
    )
    return AgentHandle(
        app=room.bus.app,
        session=client.session,
        agent=joined.agent,
        token=agent.token,
        thread_id=agent.thread_id,
        sync=joined.opened.sync,
    )


async def test_what_was_said_in_an_idle_period_is_not_said_again(clock: ManualClock) -> None:
    runs = Runs(clock)
    async with runs.run() as room:
        others = [await room.agent("Orion"), await room.agent("Vega")]
        await room.all_say(*others)
        await room.leave(room.admin)
        await room.all_wait(*others)
        clock.advance(60)
        await room.until_said(NOTICE, OFFLINE)
        thread_id = room.thread_id
    async with runs.run("Elsewhere") as room:
        await room.all_wait(*[await back(room, agent) for agent in others])
        await room.idle(3600)
        assert await room.kinds(thread_id) == [NOTICE, OFFLINE]


async def test_a_card_that_waits_for_a_decision_is_found_again(clock: ManualClock) -> None:
    runs = Runs(clock)
    async with runs.run() as room:
        admin = room.admin
        await room.say(admin)
        await room.wait(admin)
        clock.advance(60)
        await room.until_said(TAKEOVER)
    async with runs.run("Elsewhere") as room:
        admin = await back(room, admin)
        await room.say(admin, "a new idle period")
        await room.wait(admin)
        await room.idle(3600)
        assert await room.kinds(admin.thread_id) == [TAKEOVER]


async def test_a_deadlock_that_goes_on_keeps_its_card(clock: ManualClock) -> None:
    runs = Runs(clock)
    async with runs.run() as room:
        orion, vega = await pair(room)
        await wait_for(room, orion, vega)
        await wait_for(room, vega, orion)
        await until_events(room, "deadlock")
    async with runs.run("Elsewhere") as room:
        orion, vega = await back(room, orion), await back(room, vega)
        await wait_for(room, orion, vega)
        clock.advance(30)
        await wait_for(room, vega, orion)
        await room.idle(60)
        assert (await room.kinds(orion.thread_id)).count(DEADLOCK) == 1
        await until_events(room, "deadlock")


async def test_a_deadlock_that_ended_with_the_bus_is_resolved(clock: ManualClock) -> None:
    runs = Runs(clock)
    async with runs.run() as room:
        orion, vega = await pair(room)
        await wait_for(room, orion, vega)
        await wait_for(room, vega, orion)
        await until_events(room, "deadlock")
    async with runs.run("Elsewhere") as room:
        clock.advance(60)
        _, event = await until_events(room, "deadlock", "deadlock_resolved")
        assert event.payload["reason"] == "gone"
        (card,) = await room.said(orion.thread_id)
        assert card.metadata["decision_status"] == "resolved"
