"""How well the secret filter tells secrets from ordinary work, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from statistics import median
from time import perf_counter, process_time

from agentchatbus_secrets.scanner import Scanner
from benchmarks.measure import Measure, Settings
from tests.plugins.secrets_corpus import Sample, held_out, hostile, tuning

KIB = 1024
LINE = "    result = await self.queue.take(request.id, timeout=settings.deadline)  # the common case\n"
MICRO = 1e6


async def run(settings: Settings) -> list[Measure]:
    """Scan the labelled sample and some texts of given sizes; everything happens in this process."""
    began = perf_counter()
    scanner = Scanner()
    build = perf_counter() - began
    parts = {"tuning part": tuning(), "held-out part": held_out()}
    measures = [Measure(scenario="secrets", name="building the detectors, once", value=build, unit="s")]
    for part, sample in parts.items():
        measures += _quality(part, sample, scanner.first)
    repeats = settings.choose(50, 2)
    harmless = [text for sample in parts.values() for _, text in sample.harmless]
    return [*measures, *_cost(scanner.first, harmless, repeats), _worst(scanner, settings)]


def _quality(part: str, sample: Sample, first: Callable[[str], str | None]) -> list[Measure]:
    found = sum(first(text) is not None for _, text in sample.secrets)
    false = sum(first(text) is not None for _, text in sample.harmless)
    scenario = f"secrets, {part}"
    return [
        Measure(scenario=scenario, name="texts with a secret", value=len(sample.secrets)),
        Measure(scenario=scenario, name="texts without", value=len(sample.harmless)),
        Measure(scenario=scenario, name="recall", value=found / len(sample.secrets), at_least=0.98),
        Measure(scenario=scenario, name="precision", value=found / max(1, found + false)),
        Measure(scenario=scenario, name="false positives", value=false / len(sample.harmless), below=1 / 500),
    ]


def _cost(first: Callable[[str], str | None], harmless: Sequence[str], repeats: int) -> list[Measure]:
    one = _text(KIB)
    big = _text(256 * KIB)
    measures = [
        Measure(
            scenario="secrets", name="1 KB of code", value=_median(first, one, repeats) * MICRO, unit="us", below=1000
        ),
        Measure(
            scenario="secrets", name="256 KB of code", value=_median(first, big, max(2, repeats // 10)) * 1e3, unit="ms"
        ),
    ]
    size = sum(map(len, harmless))
    spent = sum(_once(first, text) for text in harmless)
    mixed = spent / size * KIB * MICRO
    return [*measures, Measure(scenario="secrets", name="1 KB of the sample's harmless texts", value=mixed, unit="us")]


def _worst(scanner: Scanner, settings: Settings) -> Measure:
    """Look at texts made to take long, as long as a message can be; a pattern that tries again takes minutes."""
    size = settings.choose(hostile.LARGEST, 4 * KIB)
    spent = 0.0
    for text in chain(hostile.dense(size), hostile.long(size)):
        began = process_time()
        scanner.first(text)
        scanner.redact(text)
        spent = max(spent, process_time() - began)
    return Measure(
        scenario="secrets", name=f"the slowest text of {size // KIB} KB, CPU", value=spent, unit="s", below=5.0
    )


def _text(size: int) -> str:
    return (LINE * (size // len(LINE) + 1))[:size]


def _median(first: Callable[[str], str | None], text: str, repeats: int) -> float:
    return median(_times(first, [text] * repeats))


def _times(first: Callable[[str], str | None], texts: Iterable[str]) -> list[float]:
    return [_once(first, text) for text in texts]


def _once(first: Callable[[str], str | None], text: str) -> float:
    began = perf_counter()
    first(text)
    return perf_counter() - began
