"""How fast a server is up, and how little it needs while nothing happens."""

from __future__ import annotations

import asyncio
from statistics import median

from benchmarks.measure import Measure, Settings
from benchmarks.server import running

MIB = 1024 * 1024


async def run(settings: Settings) -> list[Measure]:
    """Start a server a few times on an empty database."""
    seconds, cpu, memory = [], [], []
    for _ in range(settings.choose(5, 1)):
        async with running(settled=False) as server:
            seconds.append(server.start_seconds)
            cpu.append(server.start_cpu_seconds)
            await asyncio.sleep(settings.choose(3.0, 0.2))
            memory.append(server.rss_bytes() / MIB)
    return [
        Measure(scenario="start", name="until /health answers, median", value=median(seconds), unit="s", below=1.2),
        Measure(scenario="start", name="server CPU until then, median", value=median(cpu), unit="s"),
        Measure(scenario="start", name="RSS at idle, median", value=median(memory), unit="MiB", below=110),
    ]
