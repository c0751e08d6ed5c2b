"""Chromium as the system has it, and what it says of a page: requests, bytes, memory, frames."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
WINDOW = {"width": 1440, "height": 900}
EVENTS = "/events"
ASKED = ("/api/", EVENTS)
"""Beginnings of the paths of which the console asks for what it shows; the others are its own files."""

FRAMES = """() => {
  const counts = new Uint32Array(5000);
  let last = null;
  let isOn = true;
  const step = (now) => {
    if (!isOn) return;
    if (last !== null) counts[Math.min(counts.length - 1, Math.round(now - last))]++;
    last = now;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  globalThis.stopFrames = () => {
    isOn = false;
    return [...counts.entries()].filter(([, count]) => count);
  };
}"""
"""Counts the gaps between frames by their milliseconds, in memory that does not grow."""


def missing() -> str | None:
    """Return why there is no browser here, as a sentence, or None when there is one."""
    if find_spec("playwright") is None:
        return "Playwright for Python is not installed."
    return None if _executable() else "There is no Chromium in the PATH."


def _executable() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Run a Chromium for the block."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_executable(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Traffic:
    """What a page asked for since it was opened.

    Attributes:
        paths: The paths of all requests.
        sizes: The bytes of each answer by the browser's id of the request, heads included, as they came over the wire.
    """

    paths: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def asked(self) -> list[str]:
        """The requests beside those for the console's own files."""
        return [path for path in self.paths if path.startswith(ASKED)]

    @property
    def bytes(self) -> int:
        return sum(self.sizes.values())

    def clear(self) -> None:
        self.paths.clear()
        self.sizes.clear()

    def began(self, event: Mapping[str, Any]) -> None:
        self.paths.append(urlsplit(event["request"]["url"]).path)

    def answered(self, event: Mapping[str, Any]) -> None:
        self.sizes[event["requestId"]] = event["response"]["encodedDataLength"]

    def arrived(self, event: Mapping[str, Any]) -> None:
        self.sizes[event["requestId"]] = self.sizes.get(event["requestId"], 0) + event["encodedDataLength"]

    def finished(self, event: Mapping[str, Any]) -> None:
        self.sizes[event["requestId"]] = event["encodedDataLength"]


@dataclass(frozen=True, slots=True)
class Frames:
    """Gaps between the frames of a page: how many there were of how many milliseconds."""

    counts: Mapping[int, int]

    @property
    def longest(self) -> int:
        return max(self.counts, default=0)

    def over(self, milliseconds: int) -> int:
        """Return how many gaps were longer."""
        return sum(count for gap, count in self.counts.items() if gap > milliseconds)

    def __add__(self, other: Frames) -> Frames:
        gaps = {*self.counts, *other.counts}
        return Frames({gap: self.counts.get(gap, 0) + other.counts.get(gap, 0) for gap in gaps})


@dataclass(frozen=True, slots=True)
class Memory:
    """What a page holds after a garbage collection."""

    heap: int
    nodes: int
    listeners: int


@dataclass(frozen=True, slots=True)
class Tab:
    """A page in a context of its own, as if nobody had ever been there."""

    page: Page
    wire: CDPSession
    system: CDPSession
    traffic: Traffic

    @classmethod
    @asynccontextmanager
    async def of(cls, browser: Browser) -> AsyncIterator[Tab]:
        """Open an empty page for the block."""
        context = await browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
        page = await context.new_page()
        wire, system = await context.new_cdp_session(page), await browser.new_browser_cdp_session()
        traffic = Traffic()
        wire.on("Network.requestWillBeSent", traffic.began)
        wire.on("Network.responseReceived", traffic.answered)
        wire.on("Network.dataReceived", traffic.arrived)
        wire.on("Network.loadingFinished", traffic.finished)
        await wire.send("Network.enable")
        await wire.send("Performance.enable")
        try:
            yield cls(page, wire, system, traffic)
        finally:
            await context.close()
            await system.detach()

    async def memory(self) -> Memory:
        """Collect garbage and return what is left."""
        for _ in range(2):  # what only finalisers let go of goes the second time
            await self.wire.send("HeapProfiler.collectGarbage")
        heap = await self.wire.send("Runtime.getHeapUsage")
        counts = await self._metrics()
        return Memory(int(heap["usedSize"]), int(counts["Nodes"]), int(counts["JSEventListeners"]))

    async def cpu_seconds(self) -> float:
        """Return the processor time that drawing pages took so far; there is one page at a time."""
        processes = (await self.system.send("SystemInfo.getProcessInfo"))["processInfo"]
        return float(sum(process["cpuTime"] for process in processes if process["type"] == "renderer"))

    async def _metrics(self) -> dict[str, float]:
        answer = await self.wire.send("Performance.getMetrics")
        return {metric["name"]: metric["value"] for metric in answer["metrics"]}

    async def watch_frames(self) -> None:
        """Begin to measure the gaps between frames."""
        await self.page.evaluate(FRAMES)

    async def frames(self) -> Frames:
        """Return the gaps since `watch_frames`."""
        return Frames({int(gap): int(count) for gap, count in await self.page.evaluate("stopFrames()")})
