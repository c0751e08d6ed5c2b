"""Upkeep: old rows go, by themselves, and everything else stays."""

from __future__ import annotations

from datetime import timedelta

from agentchatbus.app import App, open_bus
from agentchatbus.bus.upkeep import Retention, Upkeep
from agentchatbus.config import compose
from agentchatbus.plugin_api import CallerKind, Credentials, Session
from agentchatbus.testing import ManualClock, memory_offer


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


async def register(app: App, model: str) -> None:
    await app.operations.call(
        "agent_register", {"ide": "Test", "model": model}, Session(credentials=Credentials(grants=CallerKind.HUMAN))
    )
