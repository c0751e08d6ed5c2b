"""Texts as a detector should read them: what is invisible or only looks different does not hide a secret.

Characters without width and control characters between the letters of a token, full-width letters of an input method,
curly quotes and backslashes of Markdown survive copying and are gone as soon as somebody uses the token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

INVISIBLE = frozenset({"Cc", "Cf", "Me", "Mn"})
"""Categories of characters that take no place of their own: controls, formats, and marks upon the letter before."""

FILLERS = frozenset("\u115f\u1160\u2065\u3164\uffa0")
"""Letters without a form, and a place that Unicode keeps for something invisible, as it does two ranges."""

OTHERS: Mapping[str, str] = {
    **dict.fromkeys("‐‑‒–—―−", "-"),  # noqa: RUF001 - these are what it is about
    **dict.fromkeys("‘’‚‛′", "'"),  # noqa: RUF001
    **dict.fromkeys("“”„‟″«»", '"'),
}
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
ESCAPED = re.compile(r"\\(?=[_.~=-])")


def plain(char: str) -> str | None:
    """Return what a character stands for, itself mostly; None for nothing. One never becomes several."""
    if char in "\t\n\v\f\r":
        return char
    if unicodedata.category(char) in INVISIBLE:
        return None
    if char.isascii():
        return char
    if char in FILLERS or "\ufff0" <= char <= "\ufff8" or "\U000e0000" <= char <= "\U000e0fff":
        return None
    alike = unicodedata.normalize("NFKC", char)
    return alike if len(alike) == 1 and alike.isascii() else OTHERS.get(char, char)


def replaced(text: str) -> Mapping[int, str | None]:
    """Return what has to be replaced in a text; far fewer characters occur in one than there are in Unicode."""
    return {ord(char): alike for char in set(text) if (alike := plain(char)) != char}


def fold(text: str) -> str:
    """Return the text as it would be used."""
    if (not text.isascii() or CONTROL.search(text)) and (table := replaced(text)):
        text = text.translate(table)
    return ESCAPED.sub("", text) if "\\" in text else text


def origins(text: str) -> list[int]:
    """Return for each character of the folded text its place in the text, and at last the text's length."""
    table = replaced(text)
    kept = [(place, alike) for place, char in enumerate(text) if (alike := table.get(ord(char), char)) is not None]
    escapes = {match.start() for match in ESCAPED.finditer("".join(alike for _, alike in kept))}
    places = [place for index, (place, _) in enumerate(kept) if index not in escapes]
    return [*places, len(text)]
