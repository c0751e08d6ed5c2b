"""What is written with a colon: ``from:``, ``in:``, ``is:``, ``has:``, ``before:``, ``after:``, ``reaction:``."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agentchatbus.errors import InvalidRequest
from agentchatbus.search_language.nodes import From, In, Marked, MessageMark, Node, ParsedQuery, Reacted

_OPERATOR = re.compile(
    r"(?:(from|in|is|has|before|after|reaction|content)|\{(content)\}):(.*)", re.IGNORECASE | re.DOTALL
)
_MARKS = {("is", "edited"): MessageMark.EDITED, ("has", "attachment"): MessageMark.ATTACHMENT}
_STAR = re.compile(r"\*(?!\ufe0f?\u20e3)")
"""A star, but not the key of a telephone that is an emoji."""

_EXAMPLES = {
    "from": 'from:alice or from:"Alice B"',
    "in": 'in:"Release plan"',
    "is": "is:edited",
    "has": "has:attachment",
    "before": "before:2026-03-31",
    "after": "after:2026-03-01T09:30",
    "reaction": "reaction:agree",
}


def fail(position: int, reason: str) -> InvalidRequest:
    """Return the error that says where a query cannot be understood."""
    return InvalidRequest(f"Character {position + 1} of the query: {reason}.", field="query", position=position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(ABC):
    """A part of a query that holds for all of it."""

    name: str
    position: int

    @abstractmethod
    def negated(self) -> Condition:
        """Return its opposite."""

    @abstractmethod
    def added_to(self, query: ParsedQuery) -> ParsedQuery:
        """Return the query with this condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Condition):
    """Older than a moment, or not."""

    moment: datetime
    is_before: bool

    def negated(self) -> Moment:
        return replace(self, is_before=not self.is_before)

    def added_to(self, query: ParsedQuery) -> ParsedQuery:
        if self.is_before:
            return replace(query, before=min(self.moment, query.before or self.moment))
        return replace(query, after=max(self.moment, query.after or self.moment))


@dataclass(frozen=True, slots=True, kw_only=True)
class WithReaction(Condition):
    """Somebody reacted so."""

    reaction: Reacted

    def negated(self) -> WithReaction:
        return replace(self, reaction=replace(self.reaction, wanted=not self.reaction.wanted))

    def added_to(self, query: ParsedQuery) -> ParsedQuery:
        return replace(query, reactions=(*query.reactions, self.reaction))


def split(text: str) -> tuple[str, str] | None:
    """Return the operator that a piece begins with, and the rest of it; None when it is ordinary text."""
    found = _OPERATOR.fullmatch(text)
    return ((found[1] or found[2]).lower(), found[3]) if found else None


def require_no_star(name: str, value: str, position: int) -> None:
    """Refuse what would be taken for the beginning of a value, for values are compared as a whole.

    Raises:
        InvalidRequest: There is a star that stands in no quotes.
    """
    if _STAR.search(value):
        raise fail(position, f"{name}: takes no star; write all of it, as in {_EXAMPLES[name]}, or put it in quotes")


def meaning(name: str, value: str, position: int) -> Node | Condition:
    """Return what an operator with a value means.

    Raises:
        InvalidRequest: The value is missing or unknown.
    """
    if not value:
        raise fail(position, f'write a value right after {name}:, as in {_EXAMPLES[name]}, or put "{name}:" in quotes')
    if name == "from":
        return From(value)
    if name == "in":
        return In(value)
    if name == "reaction":
        return WithReaction(name=name, position=position, reaction=Reacted(value))
    if name in ("is", "has"):
        return _mark(name, value, position)
    return Moment(name=name, position=position, moment=_moment(name, value, position), is_before=name == "before")


def _mark(name: str, value: str, position: int) -> Marked:
    mark = _MARKS.get((name, value.lower()))
    if mark is None:
        raise fail(position, f"{name}: knows no {value[:40]!r}; write {_EXAMPLES[name]}")
    return Marked(mark)


def _moment(name: str, value: str, position: int) -> datetime:
    try:
        moment = datetime.fromisoformat(value.upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise fail(
            position, f"{value[:40]!r} is no date; write a day or a time in ISO form, as in {_EXAMPLES[name]}"
        ) from None
