"""What is derived from the event log misses nothing and counts nothing twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from agentchatbus.plugin_api import (
    Bus,
    Event,
    Follower,
    Plugin,
    PluginSettings,
    Storage,
    StorageContext,
    StorageOffer,
    Transaction,
    Unavailable,
    hookimpl,
)
from agentchatbus.testing import MakeBus, MemoryStorage, make_bus

T = TypeVar("T")


class CountingPlugin(Plugin[PluginSettings]):
    """Counts posts in a document."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.rebuilt = 0
        self.told: list[int] = []
        self.follower: Follower[int]

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        async def rebuild() -> int:
            self.rebuilt += 1
            return await bus.storage.read(lambda tx: tx.events.bounds()[1])

        self.follower = Follower(
            bus,
            "counting",
            concerns=lambda event: event.type == "msg.new",
            apply=count,
            rebuild=rebuild,
            applied=self.told.append,
        )
        async with self.follower.running():
            yield


def count(tx: Transaction, events: Sequence[Event]) -> int:
    before = tx.documents.get("counting", "posts") or {"count": 0}
    total = int(before["count"]) + len(events)
    tx.documents.put("counting", "posts", {"count": total})
    return total


async def posts(storage: MemoryStorage) -> int:
    found = await storage.read(lambda tx: tx.documents.get("counting", "posts"))
    return int(found["count"]) if found else 0


def offer_of(storage: MemoryStorage) -> StorageOffer:
    """Return an offer of a storage that outlives the buses on it."""

    @asynccontextmanager
    async def kept(_: StorageContext) -> AsyncIterator[Storage]:
        yield storage

    return StorageOffer(name="memory", open=kept)


async def test_every_event_is_applied_once(make_bus: MakeBus) -> None:
    storage, plugin = MemoryStorage(), CountingPlugin()
    bus = await make_bus(plugins=[plugin], storage=offer_of(storage))
    for number in range(5):
        await bus.post(f"message {number}")
    await plugin.follower.caught_up()
    assert await posts(storage) == plugin.told[-1] == 5
    assert plugin.rebuilt == 1


async def test_a_restart_misses_nothing_and_starts_nothing_over() -> None:
    storage, plugin = MemoryStorage(), CountingPlugin()
    async with make_bus(plugins=[CountingPlugin()], storage=offer_of(storage)) as bus:
        await bus.post("followed, or read from the log after the restart")
    async with make_bus(storage=offer_of(storage)) as bus:
        await bus.post("while the plugin is away")
    async with make_bus(plugins=[plugin], storage=offer_of(storage)):
        await plugin.follower.caught_up()
    assert await posts(storage) == 2
    assert plugin.rebuilt == 0


async def test_a_log_that_does_not_reach_back_is_started_over(make_bus: MakeBus) -> None:
    storage, plugin = MemoryStorage(), CountingPlugin()
    await storage.write(lambda tx: tx.documents.put("counting", "cursor", {"event": 1_000_000}))
    bus = await make_bus(plugins=[plugin], storage=offer_of(storage))
    await plugin.follower.caught_up()
    await bus.post("after")
    await plugin.follower.caught_up()
    assert plugin.rebuilt == 1
    assert await posts(storage) == 1


class FullStorage(MemoryStorage):
    """Takes nothing more once it is full."""

    is_full = False

    async def write(self, work: Callable[[Transaction], T]) -> T:
        if self.is_full:
            raise Unavailable("The disk is full.")
        return await super().write(work)


async def test_what_cannot_be_stored_at_the_end_is_looked_at_again_after_the_next_start() -> None:
    storage = FullStorage()
    async with make_bus(plugins=[plugin := CountingPlugin()], storage=offer_of(storage)) as bus:
        await bus.post("one")
        await bus.agent("Ada")
        await plugin.follower.caught_up()
        storage.is_full = True
    storage.is_full = False
    async with make_bus(plugins=[plugin := CountingPlugin()], storage=offer_of(storage)) as bus:
        await bus.post("two")
        await plugin.follower.caught_up()
    assert (plugin.rebuilt, await posts(storage)) == (0, 2)
