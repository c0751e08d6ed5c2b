"""Paging through windows of the newest candidates.

An index lists candidates from the newest to the oldest. The newest of them, one window, are ranked and handed out page
by page; after them comes the next older window. A cursor carries the bounds of its window, the statistics that its
ranking used and the last hit, so messages that arrive between two pages change nothing in them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from agentchatbus.errors import InvalidRequest
from agentchatbus.ports.search import SearchQuery
from agentchatbus.search_language.nodes import ParsedQuery
from agentchatbus.search_language.ranking import RANKED_TERMS, Counts, Statistics, counts_of

Key = tuple[Any, ...]
"""Where a candidate stands in time; larger is newer."""

_LARGEST = 2**63


class Candidate(NamedTuple):
    """A message that matches; `text` is at least the beginning of its content. Hundreds are made for one page."""

    key: Key
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which candidates to list, newest first.

    Attributes:
        below: Only older ones.
        newest: This one and older ones.
        oldest: This one and newer ones.
    """

    below: Key | None = None
    newest: Key | None = None
    oldest: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """Where a page begins.

    Attributes:
        window: Its window.
        statistics: What the window is ranked by; None before it was listed.
        has_older: Whether there are candidates below the window.
        after: Score and key of the last hit.
    """

    window: Window = Window()
    statistics: Statistics | None = None
    has_older: bool = False
    after: tuple[float, Key] | None = None


class WindowPager:
    """One page: says which candidates to list, and chooses its hits from them.

    Args:
        query: What was asked for.
        parsed: Its meaning.
        key_types: The types of a key's parts, by which a cursor is checked.

    Raises:
        InvalidRequest: The cursor is none that a search for this query returned.
    """

    def __init__(self, query: SearchQuery, parsed: ParsedQuery, *key_types: type) -> None:
        self._limit = max(0, query.limit)
        self._terms = parsed.terms
        self._key_types = key_types
        self._digest = _digest(query)
        self._position: _Position | None = self._decode(query.cursor) if query.cursor else _Position()

    @property
    def window(self) -> Window | None:
        """The candidates to list now; None when there can be no more."""
        return self._position.window if self._position else None

    @property
    def is_partial(self) -> bool:
        """Whether the page is ranked among a part of all candidates only."""
        position = self._position
        return position is not None and (position.has_older or position.window.below is not None)

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins; None when this was the last one."""
        return self._encode(self._position) if self._position else None

    def take(self, candidates: Sequence[Candidate], reached: Key | None) -> list[Candidate]:
        """Choose the hits of this page, best first; none although `window` names more means to list again.

        Args:
            candidates: All of the window's, in any order.
            reached: The oldest place that was looked at; None when nothing older is left.
        """
        if self._position is None:
            return []
        counted = counts_of((candidate.text for candidate in candidates), self._terms)
        position = self._listed(self._position, candidates, counted, reached)
        scores = (position.statistics or Statistics()).scores(counted)
        ranked = [(score, one.key, one) for score, one in zip(scores, candidates, strict=True)]
        after = position.after
        rest = sorted(ranked if after is None else [item for item in ranked if item[:2] < after], reverse=True)
        chosen = rest[: self._limit]
        self._position = self._following(position, chosen[-1][:2] if chosen else None, left=len(rest) - len(chosen))
        return [candidate for _, _, candidate in chosen]

    def _listed(
        self, position: _Position, candidates: Sequence[Candidate], counted: Sequence[Counts], reached: Key | None
    ) -> _Position:
        """Settle bounds and statistics when the window is listed for the first time."""
        if position.statistics is not None:
            return position
        newest = max((candidate.key for candidate in candidates), default=None)
        return replace(
            position,
            window=replace(position.window, newest=newest, oldest=reached),
            statistics=Statistics.of(counted),
            has_older=reached is not None,
        )

    def _following(self, position: _Position, last: tuple[float, Key] | None, *, left: int) -> _Position | None:
        if left and last:
            return replace(position, after=last)
        if position.window.oldest is not None:
            return _Position(window=Window(below=position.window.oldest))
        return None

    def _encode(self, position: _Position) -> str:
        window, statistics = position.window, position.statistics or Statistics()
        bounds = [window.below, window.newest, window.oldest]
        document = [self._digest, bounds, position.after, statistics.average, statistics.weights]
        text = json.dumps(document if position.statistics else document[:2], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _decode(self, cursor: str) -> _Position:
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            digest, bounds, *rest = json.loads(base64.urlsafe_b64decode(padded))
            below, newest, oldest = map(self._key, bounds)
            position = _Position(window=Window(below=below, newest=newest, oldest=oldest))
            if rest:
                (score, key), average, weights = rest
                position = replace(
                    position,
                    after=(float(score), self._key(key) or ()),
                    statistics=self._statistics(float(average), tuple(map(float, weights))),
                    has_older=oldest is not None,
                )
        except (ValueError, TypeError, RecursionError, OverflowError):
            raise InvalidRequest(
                "This cursor is none that a search returned; begin without one.", field="cursor"
            ) from None
        if digest != self._digest:
            raise InvalidRequest("This cursor belongs to another query; begin without one.", field="cursor")
        return position

    def _statistics(self, average: float, weights: tuple[float, ...]) -> Statistics:
        if not average >= 1 or len(weights) != len(self._terms[:RANKED_TERMS]):
            raise ValueError("not the statistics of this query")
        return Statistics(average, weights)

    def _key(self, part: Any) -> Key | None:
        if part is None:
            return None
        if len(part) != len(self._key_types) or not all(map(_is_of, part, self._key_types)):
            raise TypeError("not a key")
        return tuple(part)


def _is_of(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and (not isinstance(value, int) or abs(value) < _LARGEST)


def _digest(query: SearchQuery) -> str:
    asked = json.dumps([query.text, query.thread_id, query.sees_human_only])
    return hashlib.sha256(asked.encode()).hexdigest()[:12]
