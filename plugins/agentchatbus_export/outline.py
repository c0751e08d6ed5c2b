r"""Texts of others inside a Markdown page: whatever is in them, they end where they end.

A message may hold headings, rules, raw HTML and code fences that nobody closed. Outside of code these are escaped. A
message whose fences cannot be told apart for certain becomes one block of code as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MARKERS = r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*"
FENCE = re.compile(rf"^(?P<before>[ \t]*{_MARKERS})(?P<mark>`{{3,}}|~{{3,}})(?P<info>.*)$")
QUOTED = re.compile(r"^[ ]{0,3}>")
_WITHIN = r"(?:[\s>]|(?:[-*+]|\d{1,9}[.)])[ \t])*"
SPECIAL = re.compile(rf"^(?P<before>{_WITHIN})(?:\#|\[(?=[^\]]*\]:))")
"""A heading, or the definition of an address that links elsewhere on the page may mean."""

RULE = re.compile(r"^(?P<before>[\s>]*)(?:=+|-+|(?:[-*_][ \t]*){3,})[ \t]*$")
RUNS = re.compile(r"`+")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    is_code: bool


def contained(text: str) -> str:
    """Return a text that neither changes the outline of the page around it nor reaches beyond its own end."""
    lines = BREAKS.sub("\n", text).split("\n")
    told = _told_apart(lines)
    if told is None:
        return fenced("\n".join(lines))
    is_plain = all(line.is_code or _has_plain_code(line.text) for line in told)
    return "\n".join(line.text if line.is_code else _escaped(line.text, is_plain=is_plain) for line in told)


def fenced(text: str, info: str = "") -> str:
    """Return a text as a block of code."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    mark = "`" * (longest + 1)
    return f"{mark}{info}\n{text}\n{mark}"


def one_line(text: str) -> str:
    """Return a text for a heading or a line of a list."""
    line = " ".join(text.split())
    return _without_tags(line, is_plain=_has_plain_code(line))


def quoted(text: str) -> str:
    """Return a text as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in contained(text).split("\n"))


def _told_apart(lines: Sequence[str]) -> list[_Line] | None:
    """Say of each line whether it is code; None when that depends on what reads it."""
    found: list[_Line] = []
    rest = iter(lines)
    for line in rest:
        opening = None if QUOTED.match(line) else FENCE.match(line)
        if opening is None or (opening["mark"][0] == "`" and "`" in opening["info"]):
            found.append(_Line(line, is_code=False))
        elif (block := _block(opening, rest)) is None:
            return None
        else:
            found += [_Line(line, is_code=True), *block]
    return found


def _block(opening: re.Match[str], rest: Iterator[str]) -> list[_Line] | None:
    """Return the lines of a block of code; None when it does not end, or not at its own depth."""
    if "\t" in opening["before"]:
        return None
    depth, mark = len(opening["before"]), opening["mark"]
    block: list[_Line] = []
    for line in rest:
        block.append(_Line(line, is_code=True))
        if re.fullmatch(rf"[ ]{{{depth}}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*", line):
            return block
        if line.strip() and (line[:depth].strip(" ") or _may_close(line, mark)):
            return None
    return None


def _may_close(line: str, mark: str) -> bool:
    """Return whether some readers may see the end of a block in a line."""
    text = line.strip()
    return len(text) >= len(mark) and set(text) == {mark[0]}


def _escaped(line: str, *, is_plain: bool) -> str:
    for pattern in (SPECIAL, RULE):
        if found := pattern.match(line):
            line = found["before"] + "\\" + line[len(found["before"]) :]
            break
    return _without_tags(line, is_plain=is_plain)


def _has_plain_code(line: str) -> bool:
    """Return whether it is certain what of a line is code: each backtick has its partner, and none is escaped."""
    runs = sum(1 for _ in RUNS.finditer(line))
    return not runs or ("\\`" not in line and sum(count for *_, count in _code(line)) == runs)


def _without_tags(line: str, *, is_plain: bool) -> str:
    """Escape what begins a tag outside of code; a tag at the beginning of a line is one even where code follows."""
    if "<" not in line:
        return line
    if not is_plain or line.lstrip(" \t>-*+").startswith("<"):
        return TAG.sub("&lt;", line)
    parts, place = [], 0
    for start, end, _ in _code(line):
        parts += [TAG.sub("&lt;", line[place:start]), line[start:end]]
        place = end
    return "".join([*parts, TAG.sub("&lt;", line[place:])])


def _code(line: str) -> Iterator[tuple[int, int, int]]:
    """Yield where code begins and ends in a line, and how many runs of backticks that takes.

    It lies between two runs of equally many.
    """
    runs = [match.span() for match in RUNS.finditer(line)]
    partners, nearest = [-1] * len(runs), dict[int, int]()
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        partners[index] = nearest.get(length, -1)
        nearest[length] = index
    index = 0
    while index < len(runs):
        partner = partners[index]
        if partner > 0:
            yield runs[index][0], runs[partner][1], partner - index + 1
        index = max(index, partner) + 1
