"""Secrets that their form alone gives away: the rows of the contract first, then those of other services.

No pattern repeats anything without a limit unless it cannot give back (``++``), so that none takes longer than the
text is long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentchatbus_secrets.findings import Finding, Look, Text
from agentchatbus_secrets.rows import ROWS, Reach, Row

BLOB = 40
"""So many characters of base64 without a break before a token mean that it is only a part of something larger."""

REST = re.compile(r"[A-Za-z0-9_-]*+")
"""What may still belong to a token: nothing of it is left behind, however long it is."""

BASE64_RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{BLOB}}}$")
LONGEST_CONTEXT = 400
KEY_LIMIT = 20_000
"""So many characters after the beginning of a private key its end is looked for."""

PEM_END = re.compile(r"-{2,5} ?END[A-Z0-9 ]{0,60}-{2,5}")
PEM_LINES = re.compile(
    r"[A-Za-z0-9+/=]*+(?:(?:\\[nrt]|[\s>|+\"',])*+[A-Za-z0-9+/=:]{16,}+)*+(?:(?:\\[nrt]|\s)[A-Za-z0-9+/]{2,15}={1,2})?"
)
PUTTY_END = re.compile(r"Private-(?:MAC|Hash):(?:\\[nrt]|\s){0,4}+[0-9a-fA-F]*+")
PUTTY_LINES = re.compile(r"Private-Lines: ?[0-9]{0,6}")

End = Callable[[str, int], int]
"""Returns where a secret ends whose form ends at a place of a text."""


@dataclass(frozen=True, slots=True)
class Format:
    """One row at work."""

    row: Row
    pattern: re.Pattern[str]
    end: End

    @property
    def labels(self) -> Sequence[str]:
        return (self.row.label,)

    @property
    def triggers(self) -> Sequence[str]:
        return self.row.triggers

    @property
    def look(self) -> Look:
        return self.row.look

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield the tokens of this form."""
        return self._beginning(text) if self.row.begins else self._anywhere(text.plain)

    def _beginning(self, text: Text) -> Iterator[Finding]:
        searched = text.lowered if self.row.look == "dense_lowered" else text.plain
        for trigger in self.row.triggers:
            place = searched.find(trigger)
            while place >= 0:
                end = place + len(trigger)
                if match := self.pattern.match(text.plain, place):
                    end = match.end()
                    if finding := self._judge(text.plain, match):
                        yield finding
                        end = finding.end
                place = searched.find(trigger, end)

    def _anywhere(self, plain: str) -> Iterator[Finding]:
        place = 0
        while match := self.pattern.search(plain, place):
            place = match.end()
            if finding := self._judge(plain, match):
                yield finding
                place = finding.end

    def _judge(self, plain: str, match: re.Match[str]) -> Finding | None:
        if not self.row.accept(match.group()) or is_part_of_a_blob(plain, match.start()):
            return None
        return Finding(self.row.label, match.start(), self.end(plain, match.end()), match.group()[:LONGEST_CONTEXT])


def is_part_of_a_blob(text: str, start: int) -> bool:
    """Return whether what begins here only continues encoded data."""
    if start < BLOB or not text[start - 1].isalnum():
        return False
    before = text[start - BLOB : start]
    return (
        BASE64_RUN.match(before) is not None
        and any(char.isupper() for char in before)
        and any(char.islower() for char in before)
        and any(char.isdigit() for char in before)
    )


def end_of_token(text: str, end: int) -> int:
    """Return where the characters end that may belong to a token, to leave nothing of it behind."""
    match = REST.match(text, end)
    return match.end() if match else end


def end_of_key(text: str, end: int) -> int:
    """Return where a private key ends whose first line ends here: with its last line, or with what looks like it."""
    limit = end + KEY_LIMIT
    if "END" in text[end:limit] and (match := PEM_END.search(text, end, limit)):
        return match.end()
    match = PEM_LINES.match(text, end)
    return match.end() if match else end


def end_of_putty_key(text: str, end: int) -> int:
    """Return where a key of PuTTY ends, its header, its public and its private half in one."""
    limit = end + KEY_LIMIT
    if "Private-" not in text[end:limit]:
        return end
    if match := PUTTY_END.search(text, end, limit):
        return match.end()
    match = PUTTY_LINES.search(text, end, limit)
    return end_of_key(text, match.end()) if match else end


ENDS: Mapping[Reach, End] = {"token": end_of_token, "key": end_of_key, "putty": end_of_putty_key}


def formats() -> list[Format]:
    """Return the detectors of all rows, in their order."""
    return [Format(row, re.compile(row.pattern), ENDS[row.reach]) for row in ROWS]
