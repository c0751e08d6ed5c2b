"""The open thread while agents talk in it: frames, memory, requests, and that nothing is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.browser import Frames, Memory, Tab
from benchmarks.client import Address
from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.console.opening import INTERACTIVE, home
from benchmarks.scenarios.console.talk import AGENTS, Places, Speaker, Speakers

if TYPE_CHECKING:
    from playwright.async_api import Browser

RATE = 50.0
WARM_UP = 500
"""Messages before the first look, so that everything that is kept up to a bound is full."""

TOP = "() => document.querySelector(`#${benchAnchor}`).getBoundingClientRect().top"
SCROLL_UP = """() => new Promise((done) => {
  const box = document.querySelector(".messages");
  box.scrollTop = Math.max(500, box.scrollHeight - 3 * box.clientHeight);
  requestAnimationFrame(() => setTimeout(() => {
    const edge = box.getBoundingClientRect().top;
    const isShown = (row) => row.getBoundingClientRect().top > edge;
    globalThis.benchAnchor = [...box.querySelectorAll(".message")].find(isShown).id;
    done();
  }, 300));
})"""
STATE = """(threadId) => {
  const { messages, hasNewer } = agentchatbus.session.state.logs[threadId];
  return {
    rows: document.querySelectorAll(".message").length,
    newest: messages.at(-1).seq,
    gaps: messages.filter(({ seq }, index) => index && seq !== messages[index - 1].seq + 1).length,
    hasNewer,
  };
}"""
CAUGHT_UP = "([threadId, seq]) => agentchatbus.session.state.threads[threadId]?.last_seq >= seq"
TO_END = "document.querySelector('.to-end')?.click()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a page did while messages came in."""

    frames: Frames
    memory: list[Memory]
    rows: int
    requests: int
    gaps: int
    moved: float
    rate: float
    cpu_seconds: float


async def measure(browser: Browser, address: Address, places: Places, settings: Settings) -> list[Measure]:
    """Follow the end of the long thread for a minute, then read further up in it for half of one."""
    seats = [await Speaker.join(address, f"Talker {number}") for number in range(AGENTS)]
    speakers = Speakers(seats, [places.long], RATE)
    measures = []
    for place, count in (("at the end", settings.choose(3_000, 60)), ("scrolled up", settings.choose(1_500, 60))):
        async with Tab.of(browser) as tab:
            watched = Watched(tab, speakers, places.long)
            await watched.open(address, is_quick=settings.quick, is_up=place == "scrolled up")
            measures += _measures(place, count, await watched.watch(count))
    for seat in seats:
        seat.leave()
    return measures


class Watched:
    """A thread that somebody looks at."""

    def __init__(self, tab: Tab, speakers: Speakers, thread_id: str) -> None:
        self._tab = tab
        self._speakers = speakers
        self._thread_id = thread_id
        self._is_up = False
        self._rows = 0

    async def open(self, address: Address, *, is_quick: bool, is_up: bool) -> None:
        """Open it, let the talk begin, and go where one reads."""
        await self._speakers.post(1)
        await self._tab.page.goto(f"{home(address)}#thread/{self._thread_id}")
        await self._tab.page.evaluate(INTERACTIVE, [self._thread_id, self._last_seq, False])
        await self._speak(WARM_UP // 10 if is_quick else WARM_UP, times=2)
        if is_up:
            self._is_up = True
            await self._tab.page.evaluate(SCROLL_UP)
            await self._speak(WARM_UP // 10 if is_quick else WARM_UP, times=2)
        self._tab.traffic.clear()

    async def watch(self, count: int) -> Seen:
        """Look at it while so many messages come in, and at its memory at the start, in the middle and at the end."""
        page, rates, frames = self._tab.page, [], Frames({})
        memory, cpu = [await self._tab.memory()], 0.0
        top = await page.evaluate(TOP) if self._is_up else 0.0
        for _ in range(2):
            await self._tab.watch_frames()
            before = await self._tab.cpu_seconds()
            rates.append(await self._speak(count // 2))
            frames += await self._tab.frames()
            cpu += await self._tab.cpu_seconds() - before
            memory.append(await self._tab.memory())
        moved = abs(await page.evaluate(TOP) - top) if self._is_up else 0.0
        requests = len(self._tab.traffic.asked)
        return Seen(
            frames=frames,
            memory=memory,
            rows=self._rows,
            requests=requests,
            gaps=await self._missing(),
            moved=moved,
            rate=min(rates),
            cpu_seconds=cpu,
        )

    @property
    def _last_seq(self) -> int:
        return self._speakers.newest[self._thread_id]

    async def _speak(self, count: int, *, times: float = 1.0) -> float:
        """Let messages come in until the page knows them; look how many rows it keeps."""
        achieved = await self._speakers.post(count, times=times)
        await self._tab.page.wait_for_function(CAUGHT_UP, arg=[self._thread_id, self._last_seq])
        self._rows = max(self._rows, (await self._tab.page.evaluate(STATE, self._thread_id))["rows"])
        return achieved

    async def _missing(self) -> int:
        """Go to the end; return how many messages are missing there or between two others."""
        await self._tab.page.evaluate(TO_END)
        last = self._last_seq
        await self._tab.page.evaluate(INTERACTIVE, [self._thread_id, last, False])
        state = await self._tab.page.evaluate(STATE, self._thread_id)
        return int(state["gaps"]) + last - int(state["newest"])


def _measures(place: str, count: int, seen: Seen) -> list[Measure]:
    name = f"console, {RATE:.0f} messages a second, {place}"
    start, middle, end = seen.memory
    growth = (end.heap - middle.heap) / 1e6 / (count / 2) * 1000
    measures = [
        Measure(scenario=name, name="messages", value=seen.rate, unit="1/s", at_least=0.9 * RATE),
        Measure(scenario=name, name="longest gap between frames", value=seen.frames.longest, unit="ms", below=201),
        Measure(scenario=name, name="gaps over 50 ms", value=seen.frames.over(50)),
        Measure(scenario=name, name="page CPU per message", value=seen.cpu_seconds / count * 1e3, unit="ms"),
        Measure(scenario=name, name="heap at the start", value=start.heap / 1e6, unit="MB"),
        Measure(scenario=name, name="heap in the middle", value=middle.heap / 1e6, unit="MB"),
        Measure(scenario=name, name="heap at the end", value=end.heap / 1e6, unit="MB"),
        Measure(scenario=name, name="heap growth per 1,000 messages", value=growth, unit="MB", below=1),
        Measure(scenario=name, name="DOM nodes at the start", value=start.nodes),
        Measure(scenario=name, name="DOM nodes at the end", value=end.nodes),
        Measure(scenario=name, name="rows on the page, at most", value=seen.rows, below=401),
        Measure(scenario=name, name="requests per 1,000 messages", value=seen.requests / count * 1000),
        Measure(scenario=name, name="messages missing on the page", value=seen.gaps, below=1),
    ]
    if place != "at the end":
        measures.append(Measure(scenario=name, name="what is read moved", value=seen.moved, unit="px", below=1))
    return measures
