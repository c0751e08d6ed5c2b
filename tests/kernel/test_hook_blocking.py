"""Hooks that hold up everybody instead of awaiting something."""

from __future__ import annotations

import asyncio

import pytest

from agentchatbus.clock import SystemClock
from agentchatbus.errors import PluginFailed
from agentchatbus.plugins import PluginState
from tests.kernel.plugin_kit import Kit, LeapingClock, ask, plugin_with


@pytest.mark.parametrize("turns_before", [0, 1])
async def test_a_plugin_that_holds_up_everybody_is_late_although_it_ends(turns_before: int) -> None:
    clock = LeapingClock()

    async def busy() -> None:
        for _ in range(turns_before):
            await asyncio.sleep(0)
        clock.elapsed += 5.5

    kit = Kit(plugin_with("check_message", busy), clock=clock)
    for _ in range(5):
        with pytest.raises(PluginFailed, match="took longer than 5 seconds in check_message"):
            await ask(kit.hooks, "check_message")
    assert kit.status("mine").state is PluginState.QUARANTINED


@pytest.mark.parametrize("awaits_something", [True, False])
async def test_a_plugin_is_not_late_because_others_held_up_everybody(*, awaits_something: bool) -> None:
    clock, loop = LeapingClock(), asyncio.get_running_loop()

    async def patient() -> None:
        arrived: asyncio.Future[None] = loop.create_future()

        def hold_up() -> None:
            clock.elapsed += 6
            arrived.set_result(None)

        loop.call_soon(hold_up)
        await (arrived if awaits_something else asyncio.sleep(0))

    kit = Kit(plugin_with("check_message", patient), clock=clock)
    for _ in range(10):
        await ask(kit.hooks, "check_message")
    assert kit.status("mine").state is PluginState.ACTIVE


async def test_the_clock_of_the_machine_moves_while_a_hook_holds_up_everybody() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    while clock.monotonic() == before:
        pass
