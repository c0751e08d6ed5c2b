"""Numbers about the bus."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agentchatbus.plugin_api import (
    AgentDraft,
    BusSettings,
    Credentials,
    MessageDraft,
    Plugin,
    PluginSettings,
    Rejected,
    Session,
    hookimpl,
)
from agentchatbus.testing import MakeBus, ManualClock, MemoryStorage
from agentchatbus.testing import make_bus as open_bus
from agentchatbus_metrics import MetricsPlugin, MetricsSettings
from tests.plugins.attachments_kit import offer_of
from tests.plugins.rest_kit import Rest, open_rest

MINUTE = 60


class Site:
    """A bus with metrics, and a client for them."""

    def __init__(self, rest: Rest, plugin: MetricsPlugin) -> None:
        self.rest = rest
        self.bus = rest.bus
        self.plugin = plugin

    async def numbers(self) -> dict[str, Any]:
        """Return the JSON, with everything counted that has happened so far."""
        assert isinstance(self.bus.clock, ManualClock)
        await self.plugin.meter.caught_up()
        self.bus.clock.advance(1)
        answer = await self.rest.http.get("/api/metrics")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def samples(self) -> dict[str, float]:
        """Return the page for Prometheus, each number by its name and labels."""
        await self.numbers()
        answer = await self.rest.http.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = text_string_to_metric_families(answer.text)
        samples = [sample for family in families for sample in family.samples]
        return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def metrics(**settings: Any) -> MetricsPlugin:
    return MetricsPlugin(MetricsSettings(**settings))


async def site(make_bus: MakeBus, **settings: Any) -> Site:
    plugin = metrics()
    return Site(await open_rest(make_bus, plugins=[plugin], settings=BusSettings(**settings)), plugin)


async def test_the_json_is_that_of_the_contract(make_bus: MakeBus) -> None:
    here = await site(make_bus)
    await here.bus.agent("Nova")
    await here.rest.post("one", metadata={"stop_reason": "complete"})
    assert isinstance(here.bus.clock, ManualClock)
    here.bus.clock.advance(2)
    await here.rest.post("two")
    numbers = await here.numbers()
    assert numbers["status"] == "ok"
    assert numbers["uptime_seconds"] == 3
    assert numbers["started_at"] == "2030-01-01T12:00:00.000000+00:00"
    assert numbers["threads"] == {"total": 1, "by_status": {"discuss": 1}}
    assert numbers["messages"] == {
        "total": 2,
        "rate": {"last_1m": 2, "last_5m": 2, "last_15m": 2},
        "avg_latency_ms": 2000,
        "stop_reasons": {"convergence": 0, "timeout": 0, "error": 0, "complete": 1, "impasse": 0},
    }
    assert (numbers["agents"]["total"], numbers["agents"]["online"]) == (1, 1)
    assert numbers["schema_version"] == 1


async def test_an_empty_bus_has_no_gap_between_messages(make_bus: MakeBus) -> None:
    assert (await (await site(make_bus)).numbers())["messages"]["avg_latency_ms"] is None


async def test_rates_fall_with_time_and_totals_do_not(make_bus: MakeBus) -> None:
    here = await site(make_bus)
    assert isinstance(here.bus.clock, ManualClock)
    for number in range(3):
        await here.rest.post(f"{number}")
        here.bus.clock.advance(3 * MINUTE)
    messages = (await here.numbers())["messages"]
    assert (messages["total"], messages["rate"]) == (3, {"last_1m": 0, "last_5m": 1, "last_15m": 3})
    here.bus.clock.advance(20 * MINUTE)
    messages = (await here.numbers())["messages"]
    assert (messages["total"], messages["rate"]["last_15m"], messages["avg_latency_ms"]) == (3, 0, None)


async def test_what_threads_and_agents_become_is_counted(make_bus: MakeBus) -> None:
    here = await site(make_bus)
    nova = await here.bus.agent("Nova")
    other = (await nova.call("thread_create", topic="Another")).thread.id
    assert (await here.numbers())["threads"] == {"total": 2, "by_status": {"discuss": 2}}
    await here.bus.call("thread_archive", thread_id=other)
    assert (await here.numbers())["threads"]["by_status"] == {"discuss": 1, "archived": 1}
    await here.bus.call("thread_delete", thread_id=other, confirm=True)
    assert (await here.numbers())["threads"] == {"total": 1, "by_status": {"discuss": 1}}
    assert isinstance(here.bus.clock, ManualClock)
    here.bus.clock.advance(3600)
    agents = (await here.numbers())["agents"]
    assert (agents["total"], agents["online"], agents["by_state"]["offline"]) == (1, 0, 1)


async def test_a_deleted_thread_takes_its_messages_and_reasons_with_it(make_bus: MakeBus) -> None:
    here = await site(make_bus)
    nova = await here.bus.agent("Nova")
    other = (await nova.call("thread_create", topic="Another")).thread.id
    for thread_id in (here.bus.thread, other):
        await here.bus.post("x", thread_id=thread_id, metadata={"stop_reason": "impasse"})
    assert (await here.numbers())["messages"]["stop_reasons"]["impasse"] == 2
    await here.bus.call("thread_delete", thread_id=other, confirm=True)
    messages = (await here.numbers())["messages"]
    assert (messages["total"], messages["stop_reasons"]["impasse"]) == (1, 1)


async def test_a_refused_stop_reason_is_not_counted(make_bus: MakeBus) -> None:
    """H06: it was stored, and the metrics had a key of its own for it."""
    here = await site(make_bus)
    assert (await here.rest.post("x", metadata={"stop_reason": "bored"})).status_code == 400
    messages = (await here.numbers())["messages"]
    assert messages["total"] == 0
    assert "bored" not in messages["stop_reasons"]


async def test_a_restart_changes_no_number(clock: ManualClock) -> None:
    storage = MemoryStorage()
    async with open_bus(storage=offer_of(storage), clock=clock) as bus:
        await bus.post("before the plugin", metadata={"stop_reason": "complete"})
    async with open_bus(plugins=[metrics()], storage=offer_of(storage), clock=clock) as bus:
        await bus.post("with it", metadata={"stop_reason": "complete"})
    async with open_bus(storage=offer_of(storage), clock=clock) as bus:
        await bus.post("without it", metadata={"stop_reason": "error"})
    clock.advance(2 * MINUTE)
    plugin = metrics()
    async with open_bus(plugins=[plugin], storage=offer_of(storage), clock=clock):
        await plugin.meter.caught_up()
        messages = (await plugin.meter.numbers())["messages"]
    assert messages["total"] == 3
    assert messages["rate"] == {"last_1m": 0, "last_5m": 3, "last_15m": 3}
    assert (messages["stop_reasons"]["complete"], messages["stop_reasons"]["error"]) == (2, 1)


async def test_the_page_for_prometheus_has_every_number(make_bus: MakeBus) -> None:
    here = await site(make_bus)
    nova, bob = await here.bus.agent("Nova"), await here.bus.agent("Bob")
    waiting = asyncio.create_task(bob.wait(timeout_ms=60_000))
    await here.bus.until_blocked()
    assert (await here.samples())["agentchatbus_waits"] == 1
    await nova.post("wake up")
    await waiting
    samples = await here.samples()
    wanted = {
        "agentchatbus_posts_total": 1,
        "agentchatbus_messages": 1,
        "agentchatbus_waits": 0,
        "agentchatbus_threads discuss": 1,
        "agentchatbus_agents working": 2,
        "agentchatbus_events_total msg.new": 1,
        "agentchatbus_wakeup_seconds_count": 1,
    }
    assert {name: samples.get(name) for name in wanted} == wanted


async def test_the_time_of_every_plugin_is_measured(make_bus: MakeBus) -> None:
    class FussyPlugin(Plugin[PluginSettings]):
        @hookimpl
        async def check_message(self, draft: MessageDraft) -> None:
            if draft.content == "no":
                raise Rejected("No.")

        @hookimpl
        async def on_event(self) -> None:
            pass

    plugin = metrics()
    rest = await open_rest(make_bus, plugins=[plugin, FussyPlugin(PluginSettings())])
    here = Site(rest, plugin)
    await rest.post("yes")
    await rest.post("no")
    samples = await here.samples()
    assert samples["agentchatbus_hook_seconds_count check_message fussy"] == 2
    assert samples["agentchatbus_hook_seconds_sum check_message fussy"] > 0
    assert samples["agentchatbus_hook_calls_total check_message refused rejected fussy"] == 1
    assert "agentchatbus_queue_depth observer fussy" in samples


async def test_measuring_hooks_can_be_left_out(make_bus: MakeBus) -> None:
    plugin = metrics(hook_times=False)
    here = Site(await open_rest(make_bus, plugins=[plugin]), plugin)
    await here.rest.post("x")
    assert not [name for name in await here.samples() if name.startswith("agentchatbus_hook")]


async def test_two_buses_do_not_share_their_numbers(make_bus: MakeBus) -> None:
    one, two = await site(make_bus), await site(make_bus)
    await one.rest.post("x")
    assert (await one.samples())["agentchatbus_posts_total"] == 1
    assert (await two.samples())["agentchatbus_posts_total"] == 0


async def test_nothing_that_somebody_wrote_is_in_it(make_bus: MakeBus) -> None:
    """H25."""
    here = await site(make_bus)
    nova = await here.bus.agent("Secretive", description="a private description")
    await nova.post("a private text")
    text = (await here.rest.http.get("/metrics")).text + str(await here.numbers())
    assert not re.search(r"private|Secretive|Under test|/[a-z]+/[a-z]+", text)
    assert nova.token not in text


async def test_from_elsewhere_only_people_may_read_them(make_bus: MakeBus) -> None:
    operator_token = "a long operator token"
    here = await site(make_bus, is_open=False, operator_token=operator_token)
    for path in ("/api/metrics", "/metrics"):
        assert (await here.rest.http.get(path)).status_code == 401
        allowed = await here.rest.http.get(path, headers={"x-admin-token": operator_token})
        assert allowed.status_code == 200
    nova = await here.bus.app.bus.agents.register(AgentDraft(ide="T", model="N"))
    call = here.bus.app.operations.call
    for address, is_near in (("192.0.2.7", False), ("127.0.0.1", True), ("::1", True), ("somewhere", False)):
        session = Session(credentials=Credentials(token=nova.token, address=address))
        if is_near:
            await call("metrics_get", {}, session)
        else:
            with pytest.raises(Exception, match="on this machine"):
                await call("metrics_get", {}, session)
