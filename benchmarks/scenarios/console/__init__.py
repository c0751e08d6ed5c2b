"""The console in a browser: how it opens, how it keeps up, what it costs when nothing happens."""

from __future__ import annotations

import sys

from benchmarks.browser import browsing, missing
from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.console import crowd, idle, opening, stream
from benchmarks.scenarios.console.talk import Places
from benchmarks.server import running


async def run(settings: Settings) -> list[Measure]:
    """Measure the console in a database with one very long thread; without a browser there is nothing to measure."""
    if reason := missing():
        print(f"console: skipped. {reason}", file=sys.stderr)
        return []
    places = Places(settings.messages or settings.choose(100_000, 2_000))
    async with running(prepare=places.fill) as server, browsing() as browser:
        return [
            *await opening.measure(browser, server.address, places, settings),
            *await stream.measure(browser, server.address, places, settings),
            *await idle.measure(browser, server.address, settings),
            *await crowd.measure(browser, server.address, settings),
        ]
