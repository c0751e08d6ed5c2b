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


async def test_the_clock_of_the_machine_moves_while_a_hook_holds_up_everybody() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    while clock.monotonic() == before:
        pass
