"""The part of a message that shows why it was found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from agentchatbus.search_language.nodes import Term
from agentchatbus.search_language.words import joined_words_of, places_in, spans_of

WORDS = 20
"""Words of a snippet."""

LONGEST = 400
"""Characters of a snippet, whatever its words are."""

LOOKED_AT = 100_000
"""Characters of a message that are looked at; what stands further on is found, but not shown."""

ELLIPSIS = "…"

Marks = tuple[tuple[int, int], ...]
Place = tuple[int, int]
"""First and last word of something found."""


def snippet(text: str, terms: Sequence[Term]) -> tuple[str, Marks]:
    """Return about twenty words of a text around what was found, and where in them the terms stand."""
    seen = text[:LOOKED_AT]
    joined = joined_words_of(seen)
    if not joined.strip():
        return _cut(text, 0, len(text), [])
    count = joined.count(b" ") - 1
    found = _found(joined, terms)
    first, last = _best(found, count)
    shown = [(start, stop) for start, stop in _merged(found) if first <= start and stop <= last]
    spans = spans_of(seen, sorted({first, last, *chain.from_iterable(shown)}))
    begin = 0 if first == 0 else spans[first][0]
    end = len(text) if last == count - 1 else spans[last][1]
    return _cut(text, begin, end, [(spans[start][0], spans[stop][1]) for start, stop in shown])


def _found(joined: bytes, terms: Sequence[Term]) -> list[tuple[Place, int]]:
    """Return where the terms stand, in order, and the number of the term."""
    found: list[tuple[Place, int]] = []
    for number, term in enumerate(terms):
        further = len(term.words) - 1
        found += [((start, start + further), number) for start in places_in(joined, term)]
    found.sort()
    return found


def _merged(found: list[tuple[Place, int]]) -> list[Place]:
    """Return the places, those that overlap as one."""
    merged: list[Place] = []
    for (start, stop), _ in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _best(found: list[tuple[Place, int]], count: int) -> Place:
    """Return the first and last word of the stretch that shows the most different terms, then the most places."""
    if not found or count <= WORDS:
        return 0, min(count, WORDS) - 1
    most, best = (0, 0), found[0][0]
    for begin, ((start, stop), _) in enumerate(found):
        shown = [item for item in found[begin : begin + WORDS] if item[0][1] < start + WORDS]
        worth = (len({number for _, number in shown}), len(shown))
        if worth > most:
            most, best = worth, (start, max((place[1] for place, _ in shown), default=stop))
        if begin + len(shown) == len(found):  # whatever begins later shows a part of this
            break
    start, stop = best
    first = max(0, min(start - max(0, WORDS - (stop - start + 1)) // 2, count - WORDS))
    return first, min(count, first + WORDS) - 1


def _cut(text: str, begin: int, end: int, marks: list[Place]) -> tuple[str, Marks]:
    if end - begin > LONGEST:
        if marks and marks[0][0] - begin > LONGEST // 2:
            begin = marks[0][0] - LONGEST // 10
        end = min(end, begin + LONGEST)
    lead = ELLIPSIS if begin > 0 else ""
    tail = ELLIPSIS if end < len(text) else ""
    shift = len(lead) - begin
    shown = tuple((start + shift, min(stop, end) + shift) for start, stop in marks if start < end)
    return f"{lead}{text[begin:end]}{tail}", shown
