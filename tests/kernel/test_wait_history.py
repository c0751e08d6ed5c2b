"""Who waited, for whom, and how long: read from the log of events."""

from __future__ import annotations

import pytest

from agentchatbus.plugin_api import NotFound
from agentchatbus.testing import MakeBus, ManualClock
from tests.kernel.support import MINUTE, blocked, wait


async def test_a_wait_that_is_over_is_known_with_its_reason(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(clock=clock)
    nova, orion = await bus.agent("Nova"), await bus.agent("Orion")
    (waiting,) = await blocked(bus, wait(nova, 0, MINUTE, waiting_for=[orion.agent_id]))
    clock.advance(7)
    await orion.post("there")
    await waiting
    await bus.app.bus.announcer.finish()
    history = await bus.call("thread_wait_history", thread_id=bus.thread)
    (past,) = history.waits
    assert (past.agent_id, past.reason, past.waiting_for) == (nova.agent_id, "messages", (orion.agent_id,))
    assert past.since < past.until
    assert history.is_complete


async def test_a_wait_that_goes_on_is_not_among_them(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova")
    (waiting,) = await blocked(bus, wait(nova, 0, MINUTE))
    await bus.app.bus.announcer.finish()
    assert (await bus.call("thread_wait_history", thread_id=bus.thread)).waits == []
    bus.stop_feed()
    await waiting


async def test_an_unknown_thread_has_no_history(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(NotFound):
        await bus.call("thread_wait_history", thread_id="nowhere")
