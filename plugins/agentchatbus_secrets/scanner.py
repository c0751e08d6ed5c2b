"""All detectors together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from agentchatbus_secrets.addresses import Addresses, DriverStrings, Headers
from agentchatbus_secrets.assignments import LONGEST_JUDGED, Assignments, judge, speaks_of_a_secret
from agentchatbus_secrets.borrowed import borrowed
from agentchatbus_secrets.findings import Detector, Finding, Halt, Text, go_on
from agentchatbus_secrets.folding import fold, origins
from agentchatbus_secrets.formats import formats

SHORTEST = 8
"""No secret has fewer characters."""


class Scanner:
    """Finds secrets in texts; immutable, so that many may use it at once."""

    def __init__(self, *, allow: Iterable[str] = (), ignore: Iterable[str] = ()) -> None:
        """Build the detectors, which takes a while.

        Args:
            allow: Regular expressions of secrets that are none.
            ignore: Labels that are not looked for.
        """
        self._ignore = frozenset(ignore)
        self._allow = [re.compile(pattern) for pattern in allow]
        detectors: Sequence[Detector] = [
            *formats(),
            *borrowed(),
            Addresses(),
            DriverStrings(),
            Headers(),
            Assignments(),
        ]
        self._plan = [
            (item.look, tuple(item.triggers), item) for item in detectors if not self._ignore.issuperset(item.labels)
        ]
        self._halt: Halt = go_on
        self._short_plan = [entry for entry in self._plan if entry[0] in ("plain", "lowered")]

    def halting(self, halt: Halt) -> Scanner:
        """Return a scanner that calls this before each part of its work; what it raises ends the work."""
        other = copy(self)
        other._halt = halt  # noqa: SLF001 - of the same class
        return other

    def first(self, text: str) -> str | None:
        """Return the label of the first detector that finds something, or None."""
        found = next(self._findings(fold(text)), None) if len(text) >= SHORTEST else None
        return found.label if found else None

    def under(self, name: str, value: str) -> str | None:
        """Return the label of a value that is a secret because of the name it is kept under, or None."""
        if not speaks_of_a_secret(name):
            return None
        words = fold(value).split(maxsplit=1)
        if len(words) != 1 or len(words[0]) < SHORTEST:
            return None
        head = words[0][:LONGEST_JUDGED]
        label = judge(name, head)
        if label is None or self._is_let_through(Finding(label, 0, len(head), f"{name}: {head}")):
            return None
        return label

    def redact(self, text: str) -> tuple[str, list[str]]:
        """Return the text with a mark in the place of each secret, and the labels of what was taken out."""
        if len(text) < SHORTEST:
            return text, []
        folded = fold(text)
        findings = _apart(self._findings(folded))
        if not findings:
            return text, []
        places = origins(text) if folded != text else range(len(text) + 1)
        parts, done = [], 0
        for finding in findings:
            parts += [text[done : places[finding.start]], mark(finding.label)]
            done = places[finding.end - 1] + 1
        return "".join([*parts, text[done:]]), [finding.label for finding in findings]

    def _findings(self, folded: str) -> Iterator[Finding]:
        self._halt()
        text = Text(folded, self._halt)
        for look, triggers, detector in self._plan if text.dense else self._short_plan:
            searched = getattr(text, look)
            for trigger in triggers:
                if trigger in searched:
                    self._halt()
                    yield from (item for item in detector.find(text) if not self._is_let_through(item))
                    break

    def _is_let_through(self, finding: Finding) -> bool:
        return finding.label in self._ignore or any(pattern.search(finding.context) for pattern in self._allow)


def mark(label: str) -> str:
    """Return what stands in a redacted text where a secret was."""
    return f"[redacted: {label}]"


def _apart(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings from left to right; of those that overlap one, as long as all, with the first's label."""
    ranked = sorted(enumerate(findings), key=lambda item: (item[1].start, item[0]))
    result: list[tuple[int, Finding]] = []
    for rank, finding in ranked:
        if result and finding.start < result[-1][1].end:
            best, last = min(result[-1], (rank, finding), key=lambda item: item[0]), result[-1][1]
            result[-1] = (best[0], best[1]._replace(start=last.start, end=max(last.end, finding.end)))
        else:
            result.append((rank, finding))
    return [finding for _, finding in result]
