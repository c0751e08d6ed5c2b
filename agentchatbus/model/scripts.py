"""What the scripts of the world write with characters that leave no mark of their own.

A joiner stands where Unicode Standard Annex 31 (section 2.3, contexts A1, A2 and B) and RFC 5892 (appendix A) have it,
and between any letters of such a script besides, because orthographies of India need it before a sign as well.
"""

from __future__ import annotations

import unicodedata

from agentchatbus.model.unseen import is_unseen

NON_JOINER, JOINER = "\u200c", "\u200d"

VIRAMA = 9
"""The combining class of the signs after which a joiner shapes letters of Indian scripts."""

CURSIVE = (
    "ADLAM ",
    "ARABIC ",
    "CHORASMIAN ",
    "HANIFI ROHINGYA ",
    "MANDAIC ",
    "MANICHAEAN ",
    "MONGOLIAN ",
    "NKO ",
    "OLD UYGHUR ",
    "PHAGS-PA ",
    "PSALTER PAHLAVI ",
    "SOGDIAN ",
    "SYRIAC ",
)
"""How Unicode calls the characters of the scripts whose letters join; from the Unicode Character Database,
ArabicShaping.txt."""

INDIC = (
    "BENGALI ",
    "DEVANAGARI ",
    "GUJARATI ",
    "GURMUKHI ",
    "KANNADA ",
    "KHMER ",
    "MALAYALAM ",
    "MYANMAR ",
    "ORIYA ",
    "SINHALA ",
    "TAMIL ",
    "TELUGU ",
)
"""Those of the scripts in use whose letters joiners shape; from the Unicode Standard, chapters 12, 13 and 16."""

HAN = ("CJK UNIFIED IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-")
VARIED = (*HAN, "EGYPTIAN HIEROGLYPH ", "MANICHAEAN LETTER ", "MYANMAR LETTER ", "PHAGS-PA LETTER ")
"""Those of the letters that have standardized variants; from the Unicode Character Database,
StandardizedVariants.txt."""

VARIED_MARKS = frozenset("\u3001\u3002\uff01\uff0c\uff0e\uff1a\uff1b\uff1f")
"""The marks of East Asia that have."""

STANDARDIZED = ("\ufe00", "\ufe0d")
IDEOGRAPHIC = ("\U000e0100", "\U000e01ef")
MONGOLIAN_SELECTORS = frozenset("\u180b\u180c\u180d\u180f")
MONGOLIAN_SEPARATOR = "\u180e"


def shapes(char: str, before: str, after: str) -> bool:
    """Return whether a character that leaves no mark belongs to the letters or signs beside it.

    Args:
        char: What leaves no mark.
        before: The character before it; empty at the beginning.
        after: The character after it; empty at the end.
    """
    if char in (JOINER, NON_JOINER):
        return _joins(char, before, after)
    if char in MONGOLIAN_SELECTORS:
        return _is_mongolian(before)
    if char == MONGOLIAN_SEPARATOR:
        return (before in MONGOLIAN_SELECTORS or _is_mongolian(before)) and _is_mongolian(after)
    return _selects(char, before)


def _joins(char: str, before: str, after: str) -> bool:
    if before and unicodedata.combining(before) == VIRAMA:
        return True
    script = _script(before)
    # A joiner without a letter after it gives the form that the letter has in a word, as abbreviations do.
    return script is not None and (script == _script(after) or (char == JOINER and script in CURSIVE))


def _selects(char: str, before: str) -> bool:
    """Return whether this chooses a variant of the character before it."""
    if _is_between(char, IDEOGRAPHIC):
        return _is_called(before, HAN)
    if not _is_between(char, STANDARDIZED) or before.isascii():
        return False
    return _is_called(before, VARIED) or unicodedata.category(before) == "Sm" or before in VARIED_MARKS


def _script(char: str) -> str | None:
    """Return what the names of the script of this letter or sign begin with, if joiners shape it."""
    if not char or unicodedata.category(char)[0] not in "LM" or is_unseen(char):
        return None
    name = unicodedata.name(char, "")
    return next((script for script in (*CURSIVE, *INDIC) if name.startswith(script)), None)


def _is_mongolian(char: str) -> bool:
    return _is_called(char, ("MONGOLIAN LETTER ",))


def _is_called(char: str, beginnings: tuple[str, ...]) -> bool:
    return bool(char) and unicodedata.name(char, "").startswith(beginnings)


def _is_between(char: str, ends: tuple[str, str]) -> bool:
    first, last = ends
    return first <= char <= last
