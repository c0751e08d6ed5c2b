"""Whether a message is what a query looks for, decided without an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from agentchatbus.model import Message
from agentchatbus.model.messages import is_human_only
from agentchatbus.search_language.nodes import (
    All,
    From,
    In,
    Marked,
    MessageMark,
    Near,
    Node,
    Not,
    OneOf,
    ParsedQuery,
    Term,
)
from agentchatbus.search_language.words import occurrences, words_of

ATTACHMENT_KEYS = ("attachments", "images", "image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the names in a query stand for right now.

    Attributes:
        agents: The ids of the agents that a name in ``from:`` is the id or a name of.
        threads: The ids of the threads that a value of ``in:`` is the id or the topic of.
    """

    agents: Mapping[str, Set[str]] = field(default_factory=dict)
    threads: Mapping[str, Set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A message as a query sees it."""

    words: list[str]
    author: str
    author_id: str | None
    author_names: tuple[list[str], ...]
    thread_id: str
    marks: Set[MessageMark]

    @classmethod
    def of(cls, message: Message) -> Document:
        names = dict.fromkeys((message.author_name, message.author))
        return cls(
            words=words_of(message.content),
            author=message.author,
            author_id=message.author_id,
            author_names=tuple(map(words_of, names)),
            thread_id=message.thread_id,
            marks=frozenset(marks_of(message.metadata, message.edit_version)),
        )


def marks_of(metadata: Mapping[str, Any], edit_version: int) -> Iterator[MessageMark]:
    """Yield what can be said about a message with this metadata."""
    if edit_version > 0:
        yield MessageMark.EDITED
    if any(metadata.get(key) for key in ATTACHMENT_KEYS):
        yield MessageMark.ATTACHMENT
    if is_human_only(metadata):
        yield MessageMark.HUMAN_ONLY


def wanted(name: str, *known: str) -> bool:
    """Return whether somebody of these names is meant by the name: it is one of them, or its words stand in one."""
    plain = name.casefold()
    term = Term(tuple(words_of(name)))
    return any(plain == other.casefold() or _holds(words_of(other), term) for other in known)


def matches(query: ParsedQuery, document: Document, names: Names) -> bool:
    """Return whether words, author, thread and marks are what the query asks for; time and reactions are not looked
    at."""
    return query.tree is None or _matches(query.tree, document, names)


def _matches(node: Node, document: Document, names: Names) -> bool:
    match node:
        case Term():
            return bool(occurrences(document.words, node))
        case Near():
            return _is_near(document.words, node)
        case Not(item=item):
            return not _matches(item, document, names)
        case All(items=items):
            return all(_matches(item, document, names) for item in items)
        case OneOf(items=items):
            return any(_matches(item, document, names) for item in items)
        case _:
            return _is_described(node, document, names)


def _is_described(node: From | In | Marked, document: Document, names: Names) -> bool:
    match node:
        case From(name=name):
            return _is_author(name, document, names)
        case In(thread=thread):
            return document.thread_id in names.threads.get(thread, ())
        case Marked(mark=mark):
            return mark in document.marks


def _is_author(name: str, document: Document, names: Names) -> bool:
    term = Term(tuple(words_of(name)))
    return document.author_id in names.agents.get(name, ()) or any(
        _holds(words, term) for words in document.author_names
    )


def _holds(words: list[str], term: Term) -> bool:
    return bool(term.words) and bool(occurrences(words, term))


def _is_near(words: list[str], near: Near) -> bool:
    """As FTS5 counts: from the end of each term to the beginning of the last one lie at most `distance` words."""
    places = [occurrences(words, term) for term in near.terms]
    reach = [near.distance + len(term.words) for term in near.terms]
    return any(
        all(any(last - far <= place <= last for place in starts) for starts, far in zip(places, reach, strict=True))
        for starts in places
        for last in starts
    )
