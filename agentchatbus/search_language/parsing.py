"""From the text of a query to its meaning.

The grammar, loosest first. Words side by side bind tightest, as in SQLite's FTS5, whose expressions are understood::

    either  = both {"OR" both}
    both    = without {"AND" without}
    without = [group] {"NOT" group}
    group   = item {item}
    item    = ["-"] ( "(" either ")" | operator ":" value | "NEAR(" terms ["," number] ")" | phrase | word ["*"] )
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from agentchatbus.errors import InvalidRequest
from agentchatbus.search_language import operators
from agentchatbus.search_language.nodes import All, Near, Node, Not, OneOf, ParsedQuery, Term
from agentchatbus.search_language.operators import Condition, fail
from agentchatbus.search_language.tokens import Kind, Token, tokens_of
from agentchatbus.search_language.words import is_unspaced, words_of

MAX_LENGTH = 4000
MAX_WORDS = 200
MAX_DEPTH = 10
SHORTEST_PREFIX = 2
CONNECTIVES = ("AND", "OR", "NOT")
DEFAULT_DISTANCE = 10
_DISTANCE = re.compile(r",\s*(\d{1,4})\s*$")

Part = Node | Condition
"""What a part of a query means; a condition is one that an index checks beside its words."""


def parse(text: str) -> ParsedQuery:
    """Understand a query.

    Raises:
        InvalidRequest: It cannot be understood; the message says where, and what to write instead.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidRequest(f"The query is too long; {MAX_LENGTH} characters are enough.", field="query")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise fail(error.start, "this is half of a character; send the query as UTF-8") from None
    part = _Parser(text).query()
    parsed = _separate(part) if part is not None else ParsedQuery()
    if parsed == ParsedQuery():
        raise InvalidRequest(
            "There is no word to search for. Write at least one word, or an operator such as from:alice.", field="query"
        )
    return parsed


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._next = 0
        self._depth = 0
        self._words = 0

    def query(self) -> Part | None:
        part = self._either()
        if (token := self._peek()) is not None:
            raise fail(token.position, "this parenthesis was never opened; remove it, or put the text in quotes")
        return part

    def _either(self) -> Part | None:
        return self._chain("OR", self._both, OneOf)

    def _both(self) -> Part | None:
        return self._chain("AND", self._without, All)

    def _without(self) -> Part | None:
        left = self._group(needed=not self._is_connective("NOT"))
        parts = [left]
        while (token := self._take_connective("NOT")) is not None:
            parts.append(_negated(self._group(needed=True, after=token)))
        return _joined(parts, All)

    def _chain(self, word: str, operand: Callable[[], Part | None], join: type[All | OneOf]) -> Part | None:
        parts = [operand()]
        while self._take_connective(word):
            parts.append(operand())
        return _joined(parts, join)

    def _group(self, *, needed: bool, after: Token | None = None) -> Part | None:
        parts: list[Part | None] = []
        began = self._next
        while (token := self._peek()) is not None and not self._ends_group(token):
            self._next += 1
            if token.text == "+" and parts and isinstance(parts[-1], Term):
                parts[-1] = self._phrase_goes_on(parts[-1])
            else:
                parts.append(self._item(token))
        if needed and self._next == began:
            raise self._nothing_here(after)
        return _joined(parts, All)

    def _item(self, token: Token) -> Part | None:
        if token.kind is Kind.OPEN:
            return self._parenthesis(token)
        if token.kind is Kind.PHRASE:
            return self._term(token.text, token, prefix=token.prefix)
        if token.text == "NEAR" and (follower := self._peek()) and follower.kind is Kind.OPEN and follower.glued:
            return self._near(follower)
        if token.text == "-":
            follower = self._peek()
            is_negation = follower is not None and follower.glued and follower.kind is not Kind.CLOSE
            return _negated(self._item(self._take())) if is_negation else None
        if token.text.startswith("-") and not token.text.startswith("--"):
            return _negated(self._item(replace(token, text=token.text[1:], position=token.position + 1)))
        return self._chunk(token)

    def _chunk(self, token: Token) -> Part | None:
        operator = operators.split(token.text)
        if operator is None:
            return self._term(token.text, token, prefix=token.text.endswith("*"))
        name, value = operator
        follower = self._peek()
        if name == "content":
            return self._column(token, value)
        star = value
        if not value and follower is not None and follower.glued and follower.kind is Kind.PHRASE:
            value, star = self._take().text, "*" if follower.prefix else ""
        operators.require_no_star(name, star, token.position)
        return operators.meaning(name, value.strip(), token.position)

    def _column(self, token: Token, value: str) -> Part | None:
        """Words are searched for in the content anyway, so the filter of FTS5 changes nothing."""
        if value:
            return self._term(value, token, prefix=value.endswith("*"))
        follower = self._peek()
        if follower is None or self._ends_group(follower):
            raise fail(token.position, 'write a word after content:, or put "content:" in quotes')
        self._descend(token)
        part = self._item(self._take())
        self._depth -= 1
        return part

    def _descend(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise fail(token.position, f"at most {MAX_DEPTH} parentheses can lie in each other")

    def _parenthesis(self, token: Token) -> Part | None:
        self._descend(token)
        follower = self._peek()
        if follower is not None and follower.kind is Kind.CLOSE:
            raise fail(token.position, "these parentheses are empty; put the text in quotes to search for it")
        part = self._either()
        self._close(token)
        self._depth -= 1
        return part

    def _near(self, opened: Token) -> Part | None:
        self._next += 1
        terms: list[Term] = []
        distance = DEFAULT_DISTANCE
        begin = end = self._next
        while (token := self._peek()) is not None and token.kind not in (Kind.OPEN, Kind.CLOSE):
            self._next += 1
            end = self._next
        self._close(opened)
        tokens = self._tokens[begin:end]
        inside = self._text[opened.position + 1 : self._tokens[end].position]
        if (found := _DISTANCE.search(inside)) is not None:
            distance = int(found[1])
            tokens = _before(opened.position + 1 + found.start(), tokens)
        for token in tokens:
            term = self._term(token.text, token, prefix=token.prefix or token.text.endswith("*"))
            terms += [term] if term else []
        return Near(tuple(terms), distance) if terms else None

    def _term(self, text: str, token: Token, *, prefix: bool) -> Term | None:
        words = tuple(words_of(text))
        self._words += len(words)
        if self._words > MAX_WORDS:
            raise fail(token.position, f"the query has more than {MAX_WORDS} words")
        if not words:
            return None
        if prefix and is_unspaced(words[-1]):
            prefix = False
        if prefix and len(words[-1]) < SHORTEST_PREFIX:
            raise fail(token.position, f"write at least {SHORTEST_PREFIX} characters before *")
        return Term(words, prefix)

    def _phrase_goes_on(self, term: Term) -> Part:
        """Join the words on both sides of a plus, as FTS5 does."""
        follower = self._peek()
        if follower is None or follower.kind not in (Kind.PHRASE, Kind.TEXT) or self._ends_group(follower):
            return term
        self._next += 1
        more = self._term(follower.text, follower, prefix=follower.prefix or follower.text.endswith("*"))
        return Term(term.words + more.words, more.prefix) if more else term

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _is_connective(self, word: str) -> bool:
        token = self._peek()
        return token is not None and token.kind is Kind.TEXT and token.text == word

    def _take_connective(self, word: str) -> Token | None:
        return self._take() if self._is_connective(word) else None

    def _ends_group(self, token: Token) -> bool:
        return token.kind is Kind.CLOSE or (token.kind is Kind.TEXT and token.text in CONNECTIVES)

    def _close(self, opened: Token) -> None:
        token = self._peek()
        if token is None or token.kind is not Kind.CLOSE:
            raise fail(opened.position, "this parenthesis is never closed; add ) or put the text in quotes")
        self._next += 1

    def _nothing_here(self, after: Token | None) -> InvalidRequest:
        token = after or self._peek() or (self._tokens[-1] if self._tokens else None)
        if token is None:
            return InvalidRequest("query must not be empty", field="query")
        if token.kind is Kind.TEXT and token.text in CONNECTIVES:
            reason = f'{token.text} needs a word on both sides; put "{token.text}" in quotes to search for it'
            return fail(token.position, reason)
        return fail(token.position, "a word is missing here")


def _before(position: int, tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that begin before the position, and of words only what stands before it."""
    return [
        replace(token, text=token.text[: position - token.position]) if token.kind is Kind.TEXT else token
        for token in tokens
        if token.position < position
    ]


def _negated(part: Part | None) -> Part | None:
    if part is None:
        return None
    if isinstance(part, Condition):
        return part.negated()
    return part.item if isinstance(part, Not) else Not(part)


def _joined(parts: Sequence[Part | None], join: type[All | OneOf]) -> Part | None:
    """Join parts, without those that say nothing; parts of the same kind become one."""
    flat: list[Part] = []
    for part in parts:
        if isinstance(part, join):
            flat.extend(part.items)
        elif part is not None:
            flat.append(part)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else join(tuple(flat))  # type: ignore[arg-type]


def _separate(part: Part) -> ParsedQuery:
    """Take the conditions out of the tree.

    Raises:
        InvalidRequest: One of them stands where it would not hold for the whole query.
    """
    parts: Sequence[Part] = part.items if isinstance(part, All) else (part,)
    nodes: list[Node] = []
    parsed = ParsedQuery()
    for item in parts:
        if isinstance(item, Condition):
            parsed = item.added_to(parsed)
        else:
            _require_no_condition(item)
            nodes.append(item)
    if not nodes:
        return parsed
    return replace(parsed, tree=nodes[0] if len(nodes) == 1 else All(tuple(nodes)))


def _require_no_condition(part: Part) -> None:
    match part:
        case Condition():
            raise fail(part.position, f"{part.name}: holds for the whole query; write it outside of OR and NOT")
        case All(items=items) | OneOf(items=items):
            for item in items:
                _require_no_condition(item)
        case Not(item=item):
            _require_no_condition(item)
        case _:
            return
