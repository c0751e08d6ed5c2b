"""Closed-loop load: so many workers, each sending its next request when it has the answer to the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.client import RequestFailed
from benchmarks.measure import Measure, percentile
from benchmarks.server import Server

Step = Callable[[], Awaitable[None]]
"""One request of one worker."""


@dataclass(slots=True)
class Load:
    """What a number of workers got done."""

    requests: int = 0
    errors: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    first_error: str = ""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_micros(self) -> float:
        return self.cpu_seconds / max(self.requests, 1) * 1e6

    async def run(self, server: Server, steps: Sequence[Step], seconds: float) -> None:
        """Add a stretch of load, one worker a step."""
        cpu, begun = server.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(self._work(step, begun + seconds) for step in steps))
        self.seconds += time.perf_counter() - begun
        self.cpu_seconds += server.cpu_seconds() - cpu

    async def _work(self, step: Step, end: float) -> None:
        now = time.perf_counter()
        while now < end:
            sent = now
            try:
                await step()
            except RequestFailed as error:
                self.errors += 1
                self.first_error = self.first_error or str(error)
            now = time.perf_counter()
            self.latencies.append(now - sent)
            self.requests += 1


async def compare(
    server: Server, real: Sequence[Step], noop: Sequence[Step], *, rounds: int, seconds: float
) -> tuple[Load, Load]:
    """Warm up, then load both in turn, so that whatever else the machine does hits both alike."""
    for steps in (noop, real):
        await Load().run(server, steps, seconds / 3)
    real_load, noop_load = Load(), Load()
    for _ in range(rounds):
        await noop_load.run(server, noop, seconds)
        await real_load.run(server, real, seconds)
    return real_load, noop_load


def ratio_measures(scenario: str, real: Load, noop: Load, goal: float) -> list[Measure]:
    """Return what there is to say about a real load beside a no-op."""
    for load in (real, noop):
        if load.first_error:
            print(f"{scenario}: {load.errors} errors, the first: {load.first_error}")
    return [
        Measure(scenario=scenario, name="posts", value=real.rate, unit="1/s"),
        Measure(scenario=scenario, name="no-ops", value=noop.rate, unit="1/s"),
        Measure(scenario=scenario, name="posts / no-ops", value=real.rate / noop.rate, at_least=goal),
        Measure(scenario=scenario, name="post p50", value=percentile(real.latencies, 0.50) * 1e3, unit="ms"),
        Measure(scenario=scenario, name="post p99", value=percentile(real.latencies, 0.99) * 1e3, unit="ms"),
        Measure(scenario=scenario, name="server CPU per post", value=real.cpu_micros, unit="µs"),
        Measure(scenario=scenario, name="server CPU per no-op", value=noop.cpu_micros, unit="µs"),
        Measure(scenario=scenario, name="errors", value=real.errors + noop.errors, below=1),
    ]
