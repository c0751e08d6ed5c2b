"""Whether a regular expression of somebody else is safe to use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?[:=!<P][=!]?)?|\)|[*+](?![+])|\{\d*,?\d*\}|.", re.DOTALL)
"""An escape, a class, a parenthesis, a repetition that gives back, or anything else."""


def repeats_a_repeat(pattern: str) -> bool:
    """Return whether a group that is repeated without a limit repeats a part or offers a choice itself.

    Such patterns, ``(a+)+`` or ``(a|a)*``, may take a time that doubles with each character of the text. Some harmless
    ones are among them; they can be written in another way.
    """
    groups = [False]
    pieces = [*_pieces(pattern), ""]
    for piece, following in pairwise(pieces):
        if piece.startswith("("):
            groups.append(False)
        elif piece == ")" and len(groups) > 1:
            inner = groups.pop()
            if inner and _is_open(following):
                return True
            groups[-1] |= inner
        elif piece == "|" or _is_open(piece):
            groups[-1] = True
    return False


def _pieces(pattern: str) -> Iterator[str]:
    return (match.group() for match in PIECE.finditer(pattern))


def _is_open(piece: str) -> bool:
    """Return whether this repeats without a limit that counts."""
    if piece in ("*", "+"):
        return True
    if not piece.startswith("{"):
        return False
    *_, most = piece.strip("{}").split(",")
    return not most or int(most) > 20
