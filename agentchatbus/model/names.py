"""Names that people and agents read: no tricks with characters that cannot be seen."""

from __future__ import annotations

import unicodedata

MAX_NAME_LENGTH = 200

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format and line-breaking characters."""

_IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
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
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""The first and the last character of each range of Default_Ignorable_Code_Point, which Python does not know; from the
Unicode Character Database, DerivedCoreProperties.txt."""

_BLANK = frozenset("\u2800\U0001d159")
"""Symbols that leave no mark: the Braille pattern without dots, and the note without a head."""

_JOINER = "\u200d"
_FORMS = frozenset("\ufe0e\ufe0f")
"""Choose whether the character before them is shown as text or as emoji."""

_KEYS, _KEYCAP = frozenset("0123456789#*"), "\u20e3"
_EMOJI_AMONG_LETTERS = frozenset("\u203c\u2049\u2139\u3030")
"""Emoji that Unicode counts among its marks and letters; all others are symbols."""

_VIRAMA = 9
"""The combining class of the signs after which a joiner shapes letters of Indian scripts (RFC 5892, appendix A.2)."""


def unseen_character(text: str) -> str | None:
    """Return the first character that would not be seen as itself, or None.

    The joiner inside emoji and the marks that choose their form are seen, as part of them.
    """
    if text.isascii() and text.isprintable():
        return None
    return next((char for place, char in enumerate(text) if _is_unseen(char) and not _belongs(text, place)), None)


def seen_part(text: str) -> str:
    """Return the characters that are seen by themselves; joiners and choices of form are not among them."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if not _is_unseen(char))


def _is_unseen(char: str) -> bool:
    if unicodedata.category(char) in _UNSEEN or char in _BLANK:
        return True
    return any(first <= ord(char) <= last for first, last in _IGNORABLE)


def _belongs(text: str, place: int) -> bool:
    """Return whether the character at this place is part of an emoji or of a letter that can be seen."""
    before, after = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    if text[place] in _FORMS:
        return _is_emoji(before) or (before in _KEYS and after == _KEYCAP)
    if text[place] != _JOINER or not before:
        return False
    return unicodedata.combining(before) == _VIRAMA or ((_is_emoji(before) or before in _FORMS) and _is_emoji(after))


def _is_emoji(char: str) -> bool:
    if not char or char.isascii():
        return False
    return char in _EMOJI_AMONG_LETTERS or (unicodedata.category(char).startswith("S") and char not in _BLANK)
