"""What scenarios report, and how it is computed and printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number; `at_least` or `below` is its goal."""

    scenario: str
    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    below: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None when there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value < self.below if self.below is not None else None

    @property
    def goal(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"< {self.below:g}" if self.below is not None else ""

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "reached": self.reached}


@dataclass(frozen=True, slots=True)
class Settings:
    """How long to measure; `messages` sets how many a database is filled with."""

    quick: bool = False
    messages: int | None = None

    def choose(self, full: Any, quick: Any) -> Any:
        return quick if self.quick else full


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(measures: Sequence[Measure]) -> str:
    """Return the measures as text for people."""
    mark = {True: "reached", False: "MISSED", None: ""}
    rows = [("scenario", "measure", "value", "unit", "goal", "")]
    rows += [
        (m.scenario, m.name, f"{m.value:,.3g}" if m.value < 100 else f"{m.value:,.0f}", m.unit, m.goal, mark[m.reached])
        for m in measures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            f"{cell:>{width}}" if column == 2 else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
