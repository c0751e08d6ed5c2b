"""Texts as a detector should read them: what is invisible or only looks different does not hide a secret.

Characters without width and control characters between the letters of a token, full-width letters of an input method,
curly quotes and backslashes of Markdown survive copying and are gone as soon as somebody uses the token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

INVISIBLE: tuple[tuple[int, int], ...] = (
    (0x0000, 0x0008),
    (0x000E, 0x001F),
    (0x007F, 0x009F),
    (0x00AD, 0x00AD),
    (0x0300, 0x036F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE01EF),
)
LOOKALIKE: tuple[tuple[int, int], ...] = (
    (0x00A0, 0x00A0),
    (0x2000, 0x200A),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x2070, 0x209F),
    (0x2460, 0x24FF),
    (0x3000, 0x3000),
    (0xFE50, 0xFE6B),
    (0xFF01, 0xFF5E),
    (0x1D400, 0x1D7FF),
)
OTHERS: Mapping[str, str] = {
    **dict.fromkeys("‐‑‒–—―−", "-"),  # noqa: RUF001 - these are what it is about
    **dict.fromkeys("‘’‚‛′", "'"),  # noqa: RUF001
    **dict.fromkeys("“”„‟″«»", '"'),
}
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
ESCAPED = re.compile(r"\\(?=[_.~=-])")


def _numbers(ranges: Iterable[tuple[int, int]]) -> Iterator[int]:
    for first, last in ranges:
        yield from range(first, last + 1)


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {ord(char): plain for char, plain in OTHERS.items()}
    for number in _numbers(LOOKALIKE):
        plain = unicodedata.normalize("NFKC", chr(number))
        if len(plain) == 1 and plain.isascii():
            table[number] = plain
    return table | dict.fromkeys(_numbers(INVISIBLE))


TABLE: Mapping[int, str | None] = _table()
"""Code points, each with what it stands for; None for nothing. One character never becomes several."""


def fold(text: str) -> str:
    """Return the text as it would be used."""
    if not text.isascii() or CONTROL.search(text):
        text = text.translate(TABLE)
    return ESCAPED.sub("", text) if "\\" in text else text


def origins(text: str) -> list[int]:
    """Return for each character of the folded text its place in the text, and at last the text's length."""
    kept = [(place, plain) for place, char in enumerate(text) if (plain := TABLE.get(ord(char), char)) is not None]
    escapes = {match.start() for match in ESCAPED.finditer("".join(plain for _, plain in kept))}
    places = [place for index, (place, _) in enumerate(kept) if index not in escapes]
    return [*places, len(text)]
