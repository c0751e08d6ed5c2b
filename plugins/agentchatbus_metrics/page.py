"""The page for Prometheus, from a registry of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from agentchatbus_metrics.hooktimes import HookTimes
from agentchatbus_metrics.snapshot import Snapshot
from agentchatbus_metrics.watching import Watch

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WAKE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
PREFIX = "agentchatbus"


class Page:
    """Writes the numbers of one bus."""

    def __init__(self, times: HookTimes) -> None:
        from prometheus_client import CollectorRegistry, Histogram

        self._registry = CollectorRegistry(auto_describe=False)
        self._times = times
        self._now: Iterable[Metric] = ()
        self._wakes = Histogram(
            f"{PREFIX}_wakeup_seconds",
            "From the arrival of a post to the answer of a wait that it ended.",
            buckets=WAKE_BUCKETS,
            registry=self._registry,
        )
        self._registry.register(self)

    def woke(self, seconds: float) -> None:
        """Count one wake-up."""
        self._wakes.observe(seconds)

    def write(self, watch: Watch, snapshot: Snapshot, gauges: Mapping[str, float], depths: Mapping[str, int]) -> bytes:
        """Return the page."""
        from prometheus_client import generate_latest

        self._now = [
            *_totals(watch, gauges),
            _labelled("threads", "Threads by status.", "status", snapshot.threads),
            _labelled("agents", "Agents by what they seem to be doing.", "state", snapshot.agents),
            _labelled("queue_depth", "What waits inside the bus.", "queue", depths),
            *_hooks(self._times),
        ]
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Return the numbers that are read and not added up; the registry asks for them."""
        return self._now


def _totals(watch: Watch, gauges: Mapping[str, float]) -> Iterable[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

    yield InfoMetricFamily(PREFIX, "What runs.", value={"version": version("agentchatbus")})
    yield CounterMetricFamily(f"{PREFIX}_posts", "Messages posted since the start.", value=watch.posted)
    yield GaugeMetricFamily(f"{PREFIX}_messages", "Messages stored.", value=watch.messages)
    events = CounterMetricFamily(f"{PREFIX}_events", "Events since the start by type.", labels=["type"])
    for kind, count in sorted(watch.events.items()):
        events.add_metric([kind], count)
    yield events
    for name, value in gauges.items():
        yield GaugeMetricFamily(f"{PREFIX}_{name}", GAUGES[name], value=value)


GAUGES = {
    "waits": "Agents that are blocked in a wait.",
    "uptime_seconds": "Since the bus started.",
}


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family


def _hooks(times: HookTimes) -> Iterable[Metric]:
    from prometheus_client.core import CounterMetricFamily, SummaryMetricFamily

    seconds = SummaryMetricFamily(f"{PREFIX}_hook_seconds", "Time in plugins by hook.", labels=["plugin", "hook"])
    calls = CounterMetricFamily(
        f"{PREFIX}_hook_calls", "Calls of plugins by hook and outcome.", labels=["plugin", "hook", "outcome"]
    )
    for plugin, hook, time in times:
        seconds.add_metric([plugin, hook], count_value=time.calls, sum_value=time.seconds)
        for outcome, count in sorted(time.outcomes.items()):
            calls.add_metric([plugin, hook, outcome], count)
    return (seconds, calls)
