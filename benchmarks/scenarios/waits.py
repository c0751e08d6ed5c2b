"""What it costs that many agents wait while nothing happens."""

from __future__ import annotations

import asyncio

from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.wakeup import TOPIC, Waiter
from benchmarks.server import running

KIB = 1024
AT_ONCE = 50


async def run(settings: Settings) -> list[Measure]:
    """Block waits, each of an agent and a connection of its own, and watch the server."""
    count, seconds = settings.choose(1000, 50), settings.choose(10.0, 1.0)
    async with running() as server:
        agents: list[Waiter] = []
        while len(agents) < count:
            agents += await asyncio.gather(
                *(Waiter.join(server.address, TOPIC) for _ in range(min(AT_ONCE, count - len(agents))))
            )
        await asyncio.sleep(settings.choose(2.0, 0.2))
        before = server.rss_bytes()
        for agent in agents:
            agent.wait()
        await asyncio.sleep(settings.choose(3.0, 0.5))
        cpu, memory = server.cpu_seconds(), server.rss_bytes() - before
        await asyncio.sleep(seconds)
        share = (server.cpu_seconds() - cpu) / seconds * 100
        for agent in agents:
            agent.leave()
    name = f"waits, {count} blocked"
    return [
        Measure(scenario=name, name="server CPU while nothing happens", value=share, unit="% of a core", below=1),
        Measure(scenario=name, name="RSS per wait", value=memory / count / KIB, unit="KiB"),
    ]
