"""What an import did, and what it left out and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

EXAMPLES = 3
"""Rows named for each kind of trouble."""


@dataclass(slots=True)
class Report:
    """Counts of one import.

    Attributes:
        found: Rows in the source, by table.
        imported: Rows that were stored.
        known: Rows that were there already.
        skipped: Rows that were left out.
        notes: What was changed or left out, with examples.
    """

    found: Counter[str] = field(default_factory=Counter)
    imported: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, which: object) -> None:
        """Remember that a row was changed on the way."""
        self.notes.setdefault(what, []).append(str(which))

    def skip(self, table: str, why: str, which: object) -> None:
        """Remember that a row was left out."""
        self.skipped[table] += 1
        self.note(f"{table}: {why}", which)

    def lines(self) -> list[str]:
        """Return the report as text."""
        head = ("TABLE", "FOUND", "IMPORTED", "THERE ALREADY", "SKIPPED")
        rows = [
            (table, *(str(counts[table]) for counts in (self.found, self.imported, self.known, self.skipped)))
            for table in self.found
        ]
        widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
        table = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in [head, *rows]]
        return table + [f"- {_line(what, which)}" for what, which in self.notes.items()]


def _line(what: str, which: list[str]) -> str:
    named = ", ".join(which[:EXAMPLES]) + (", ..." if len(which) > EXAMPLES else "")
    return f"{what}: {len(which)} ({named})"
