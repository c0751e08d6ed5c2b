"""The page on a busy bus: many agents, many threads, and messages in all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from benchmarks.browser import Tab
from benchmarks.client import Address
from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.console.opening import READY, SETTLED_MS, home
from benchmarks.scenarios.console.stream import CAUGHT_UP, RATE
from benchmarks.scenarios.console.talk import Speaker, Speakers

if TYPE_CHECKING:
    from playwright.async_api import Browser

WAITING_SHARE = 5
"""One of so many agents waits all the time."""


async def measure(browser: Browser, address: Address, settings: Settings) -> list[Measure]:
    """Open the page on such a bus, then let its agents talk, each message in another thread than the one before."""
    agents, threads = settings.choose(100, 10), settings.choose(1_000, 30)
    name = f"console, {agents} agents and {threads:,} threads"
    async with crowd(address, agents, threads) as speakers, Tab.of(browser) as tab:
        return [*await _load(tab, address, name), *await _listen(tab, speakers, settings.choose(1_000, 60), name)]


@asynccontextmanager
async def crowd(address: Address, agents: int, threads: int) -> AsyncIterator[Speakers]:
    """Register agents, let each open its share of the threads, and some of them wait."""
    seats = [await Speaker.join(address, f"Crowd {number}") for number in range(agents)]
    topics = [[f"Thread {place}" for place in range(number, threads, agents)] for number in range(agents)]
    opened = await asyncio.gather(*(seat.open(own) for seat, own in zip(seats, topics, strict=True)))
    waiting = [await Speaker.join(address, f"Waiting {number}") for number in range(agents // WAITING_SHARE)]
    for seat, own in zip(waiting, opened, strict=False):
        await seat.wait(own[0])
    try:
        yield Speakers(seats, [thread_id for own in opened for thread_id in own], RATE)
    finally:
        for seat in (*seats, *waiting):
            seat.leave()


async def _load(tab: Tab, address: Address, name: str) -> list[Measure]:
    began = time.perf_counter()
    await tab.page.goto(home(address))
    await tab.page.wait_for_function(READY)
    seconds = time.perf_counter() - began
    await tab.page.wait_for_timeout(SETTLED_MS)
    return [
        Measure(scenario=name, name="first load, ready", value=seconds, unit="s", below=1),
        Measure(scenario=name, name="first load, transferred", value=tab.traffic.bytes / 1000, unit="KB", below=300),
        Measure(scenario=name, name="first load, requests beside the files", value=len(tab.traffic.asked)),
        Measure(scenario=name, name="first load, DOM nodes", value=(await tab.memory()).nodes),
    ]


async def _listen(tab: Tab, speakers: Speakers, count: int, name: str) -> list[Measure]:
    tab.traffic.clear()
    await tab.watch_frames()
    cpu = await tab.cpu_seconds()
    rate = await speakers.post(count)
    await tab.page.wait_for_function(CAUGHT_UP, arg=list(speakers.newest.items())[-1])
    cpu, frames = await tab.cpu_seconds() - cpu, await tab.frames()
    return [
        Measure(scenario=name, name="messages", value=rate, unit="1/s", at_least=0.9 * RATE),
        Measure(scenario=name, name="longest gap between frames", value=frames.longest, unit="ms", below=201),
        Measure(scenario=name, name="page CPU per message", value=cpu / count * 1e3, unit="ms"),
        Measure(scenario=name, name="requests per 1,000 messages", value=len(tab.traffic.asked) / count * 1000),
        Measure(scenario=name, name="DOM nodes after them", value=(await tab.memory()).nodes),
    ]
