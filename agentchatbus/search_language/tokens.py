"""The pieces of a query's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from agentchatbus.search_language.operators import fail

_PIECE = re.compile(r'(?P<open>\()|(?P<close>\))|"(?P<phrase>(?:[^"]|"")*)"(?P<star>\s*\*)?|(?P<quote>")|[^\s()"]+')


class Kind(Enum):
    """What a piece is."""

    OPEN = auto()
    CLOSE = auto()
    PHRASE = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One piece; `glued` says that nothing stands between it and the piece before."""

    kind: Kind
    text: str
    position: int
    glued: bool
    prefix: bool = False


def tokens_of(text: str) -> list[Token]:
    """Cut a query into pieces.

    Raises:
        InvalidRequest: A quote is never closed.
    """
    tokens: list[Token] = []
    end = -1
    for found in _PIECE.finditer(text):
        if found["quote"]:
            raise fail(found.start(), 'this quote is never closed; add a second " or remove it')
        tokens.append(_token(found, glued=found.start() == end))
        end = found.end()
    return tokens


def _token(found: re.Match[str], *, glued: bool) -> Token:
    kind, text = Kind.TEXT, found[0]
    if found["phrase"] is not None:
        kind, text = Kind.PHRASE, found["phrase"].replace('""', '"')
    elif found["open"] or found["close"]:
        kind = Kind.OPEN if found["open"] else Kind.CLOSE
    return Token(kind=kind, text=text, position=found.start(), glued=glued, prefix=bool(found["star"]))
