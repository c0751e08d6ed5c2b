"""What a query means, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MessageMark(StrEnum):
    """What can be said about a message besides its words."""

    EDITED = "edited"
    ATTACHMENT = "attachment"
    HUMAN_ONLY = "humanonly"


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Terms in any order, with at most `distance` words between the first and the last."""

    terms: tuple[Term, ...]
    distance: int


@dataclass(frozen=True, slots=True)
class From:
    """Written by somebody of this name, display name or id."""

    name: str


@dataclass(frozen=True, slots=True)
class In:
    """In the thread of this id or topic."""

    thread: str


@dataclass(frozen=True, slots=True)
class Marked:
    """Marked so."""

    mark: MessageMark


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but this."""

    item: Node


@dataclass(frozen=True, slots=True)
class All:
    """All of these."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one of these."""

    items: tuple[Node, ...]


Node = Term | Near | From | In | Marked | Not | All | OneOf


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody put this reaction on the message, or nobody did."""

    reaction: str
    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedQuery:
    """A query that was understood.

    Attributes:
        tree: What words, authors and threads a message has to have; None takes every message.
        before: Only messages older than this.
        after: Only messages of this moment or later.
        reactions: What reactions a message has to have.
    """

    tree: Node | None = None
    before: datetime | None = None
    after: datetime | None = None
    reactions: tuple[Reacted, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms that a message is found by: those that rank it and are marked in its snippet."""
        return tuple(dict.fromkeys(_terms(self.tree))) if self.tree else ()

    def leaves(self) -> Iterator[Node]:
        """Yield every node that has no other below it."""
        if self.tree:
            yield from _leaves(self.tree)


def _terms(node: Node) -> Iterator[Term]:
    match node:
        case Term():
            yield node
        case Near(terms=terms):
            yield from terms
        case All(items=items) | OneOf(items=items):
            for item in items:
                yield from _terms(item)
        case _:
            return


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case All(items=items) | OneOf(items=items):
            for item in items:
                yield from _leaves(item)
        case Not(item=item):
            yield from _leaves(item)
        case _:
            yield node
