"""Opening the page, and opening a thread in it, whatever its length."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.browser import EVENTS, Tab, Traffic
from benchmarks.client import Address
from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.console.talk import Places

if TYPE_CHECKING:
    from playwright.async_api import Browser

READY = "() => globalThis.agentchatbus?.session.state.phase === 'ready'"
SETTLED_MS = 1_500
"""How long to look for requests that come after a page is ready."""

INTERACTIVE = """([threadId, last, isClicked]) => new Promise((done, fail) => {
  const began = isClicked ? performance.now() : 0;
  if (isClicked) document.querySelector(`a[href="#thread/${threadId}"]`).click();
  const look = () => {
    const row = document.getElementById(`m${last}`);
    const field = document.querySelector(".composer textarea");
    const box = row?.closest(".messages").getBoundingClientRect();
    const place = row?.getBoundingClientRect();
    const isThere = row && field && !field.disabled && place.top < box.bottom && place.bottom > box.top;
    if (isThere) requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    else if (performance.now() - began > 60_000) fail(new Error(`message ${last} is not shown`));
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Resolves when one can write and sees the newest message, after the frame that shows it; fails after a minute."""


async def measure(browser: Browser, address: Address, places: Places, settings: Settings) -> list[Measure]:
    """Open the page, then each thread by a click and by its link, in turn."""
    rounds = settings.choose(5, 1)
    return [
        *await _first_load(browser, address),
        *await _threads(browser, address, places, rounds, is_clicked=True),
        *await _threads(browser, address, places, rounds, is_clicked=False),
    ]


def home(address: Address) -> str:
    """Return where the console is."""
    return f"http://{address.host}:{address.port}/"


async def _first_load(browser: Browser, address: Address) -> list[Measure]:
    async with Tab.of(browser) as tab:
        await tab.page.goto(home(address))
        await tab.page.wait_for_function(READY)
        await tab.page.wait_for_timeout(SETTLED_MS)
        traffic = tab.traffic
        name = "console, first load"
        return [
            Measure(scenario=name, name="transferred", value=traffic.bytes / 1000, unit="KB", below=300),
            Measure(scenario=name, name="files", value=len(traffic.paths) - len(traffic.asked)),
            Measure(scenario=name, name="requests beside the files", value=len(traffic.asked)),
        ]


async def _threads(
    browser: Browser, address: Address, places: Places, rounds: int, *, is_clicked: bool
) -> list[Measure]:
    seconds: dict[str, list[float]] = {thread_id: [] for thread_id in places.counts}
    requests: list[int] = []
    for _ in range(rounds):
        for thread_id, count in places.counts.items():
            async with Tab.of(browser) as tab:
                await tab.page.goto(home(address) if is_clicked else f"{home(address)}#thread/{thread_id}")
                if is_clicked:
                    await tab.page.wait_for_function(READY)
                    await tab.page.wait_for_timeout(SETTLED_MS)
                    tab.traffic.clear()
                taken = await tab.page.evaluate(INTERACTIVE, [thread_id, count, is_clicked])
                seconds[thread_id].append(taken / 1000)
                if thread_id == places.long:
                    requests.append(_needed(tab.traffic, thread_id))
    return _measures("a click" if is_clicked else "its link", places, seconds, max(requests))


def _needed(traffic: Traffic, thread_id: str) -> int:
    """Return how many requests it takes up to the messages, beside the files and the stream of events."""
    asked = [path for path in traffic.asked if path != EVENTS]
    return asked.index(f"/api/threads/{thread_id}/messages") + 1


def _measures(way: str, places: Places, seconds: dict[str, list[float]], requests: int) -> list[Measure]:
    name = f"console, a thread by {way}"
    long, short = (median(seconds[thread_id]) for thread_id in (places.long, places.short))
    counts = {thread_id: f"{count:,} messages" for thread_id, count in places.counts.items()}
    return [
        Measure(scenario=name, name=f"{counts[places.long]}, interactive", value=long, unit="s", below=1),
        Measure(scenario=name, name=f"{counts[places.short]}, interactive", value=short, unit="s"),
        Measure(scenario=name, name="long / short", value=long / short),
        Measure(scenario=name, name="requests it takes", value=requests, below=6),
    ]
