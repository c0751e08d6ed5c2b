"""A page on a bus on which nothing happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from benchmarks.browser import Tab
from benchmarks.client import Address
from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.console.opening import READY, SETTLED_MS, home

if TYPE_CHECKING:
    from playwright.async_api import Browser


async def measure(browser: Browser, address: Address, settings: Settings) -> list[Measure]:
    """Leave the page alone for a minute and count what it asks for; its stream of events is open before."""
    seconds = settings.choose(60, 3)
    async with Tab.of(browser) as tab:
        await tab.page.goto(home(address))
        await tab.page.wait_for_function(READY)
        await tab.page.wait_for_timeout(SETTLED_MS)
        tab.traffic.clear()
        cpu = await tab.cpu_seconds()
        await asyncio.sleep(seconds)
        share = (await tab.cpu_seconds() - cpu) / seconds
        name = f"console, {seconds} s idle"
        return [
            Measure(scenario=name, name="requests while nothing happens", value=len(tab.traffic.paths), below=1),
            Measure(scenario=name, name="page CPU", value=100 * share, unit="%"),
        ]
