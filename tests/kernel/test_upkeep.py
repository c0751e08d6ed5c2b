"""Upkeep: old rows go, by themselves, and everything else stays."""

from __future__ import annotations

from datetime import timedelta

from agentchatbus.app import App, open_bus
from agentchatbus.bus.upkeep import Retention, Upkeep
from agentchatbus.config import compose
from agentchatbus.plugin_api import (
    Caller,
    CallerKind,
    Connected,
    Credentials,
    Event,
    MessageDraft,
    MessageQuery,
    Session,
)
from agentchatbus.testing import ManualClock, memory_offer

DAY = 86_400.0
PERSON = Caller(kind=CallerKind.HUMAN)


async def test_upkeep_removes_what_is_old_and_only_that() -> None:
    clock = ManualClock()
    config = compose({"plugins": {"enable": []}, "bus": {"keep_events_days": 2, "upkeep_interval_seconds": 3600}})
    async with open_bus(config, clock=clock, storage=memory_offer()) as app:
        await register(app, "old")
        clock.advance(2 * 86400 + 1)
        await register(app, "new")
        removed = await Upkeep(app.bus.storage, clock, Retention(events=timedelta(days=2))).tidy()
        left = await app.bus.storage.read(lambda tx: [event.payload for event in tx.events.after(0, 10)])
    assert sorted(payload.get("model") or payload["reason"] for payload in left) == ["lapsed", "new"]
    assert removed == 2


async def test_upkeep_comes_by_itself() -> None:
    clock = ManualClock()
    config = compose({"plugins": {"enable": []}, "bus": {"keep_events_days": 1, "upkeep_interval_seconds": 600}})
    async with open_bus(config, clock=clock, storage=memory_offer()) as app:
        await register(app, "old")
        await clock.until_waiting(within=600, background=True)
        clock.advance(86400 + 1)
        await clock.until_waiting(within=600, background=True)
        assert await app.bus.storage.read(lambda tx: tx.events.bounds()[0]) > 1


async def test_m45_agents_that_were_silent_for_very_long_are_removed_and_their_messages_stay() -> None:
    clock = ManualClock()
    config = compose({"plugins": {"enable": []}, "bus": {"keep_agents_days": 90, "upkeep_interval_seconds": DAY}})
    async with open_bus(config, clock=clock, storage=memory_offer()) as app:
        upkeep = Upkeep(app.bus.storage, clock, Retention(agents=timedelta(days=90)))
        await upkeep.tidy()
        joined = await connect(app)
        await app.bus.messages.post(MessageDraft(thread_id=joined.opened.thread.id, content="hello", author=""), PERSON)
        clock.advance(60 * DAY)
        await register(app, "new")
        assert await names(app) == ["Test (new)", "Test (old)"]
        clock.advance(31 * DAY)
        await upkeep.tidy()
        assert await names(app) == ["Test (new)"]
        offline = [event for event in await log_of(app) if event.type == "agent.offline"]
        assert (offline[-1].payload["name"], offline[-1].payload["reason"]) == ("Test (old)", "expired")
        query = MessageQuery(thread_id=joined.opened.thread.id, limit=10)
        assert [message.content for message in await app.bus.messages.page(query, PERSON)] == ["hello"]
        await register(app, "old")
        assert await names(app) == ["Test (new)", "Test (old)"], "its name is free again"


async def test_agents_of_a_storage_that_is_new_here_get_their_time() -> None:
    clock = ManualClock()
    config = compose({"plugins": {"enable": []}, "bus": {"upkeep_interval_seconds": 1e9}})
    async with open_bus(config, clock=clock, storage=memory_offer()) as app:
        await register(app, "old")
        clock.advance(1000 * DAY)
        upkeep = Upkeep(app.bus.storage, clock, Retention(agents=timedelta(days=90)))
        await upkeep.tidy()
        assert await names(app) == ["Test (old)"]
        clock.advance(91 * DAY)
        await upkeep.tidy()
        assert await names(app) == []


async def test_agents_stay_for_ever_where_the_configuration_says_so() -> None:
    clock = ManualClock()
    config = compose({"plugins": {"enable": []}, "bus": {"keep_agents_days": 0, "upkeep_interval_seconds": 600}})
    async with open_bus(config, clock=clock, storage=memory_offer()) as app:
        await register(app, "old")
        for _ in range(3):
            await clock.until_waiting(within=600, background=True)
            clock.advance(1000 * DAY)
        await clock.until_waiting(within=600, background=True)
        assert await names(app) == ["Test (old)"]


async def names(app: App) -> list[str]:
    return sorted(agent.name for agent in await app.bus.agents.all())


async def log_of(app: App) -> list[Event]:
    await app.bus.announcer.finish()
    return await app.bus.storage.read(lambda tx: tx.events.after(0, 10_000))


async def connect(app: App) -> Connected:
    session = Session(credentials=Credentials())
    arguments = {"thread_name": "T", "ide": "Test", "model": "old"}
    joined: Connected = await app.operations.call("bus_connect", arguments, session)
    return joined


async def register(app: App, model: str) -> None:
    await app.operations.call(
        "agent_register", {"ide": "Test", "model": model}, Session(credentials=Credentials(grants=CallerKind.HUMAN))
    )
