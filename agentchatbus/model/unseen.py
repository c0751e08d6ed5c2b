"""Characters that leave no mark of their own."""

from __future__ import annotations

import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format and line-breaking characters."""

IGNORABLE = (
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

BLANK = frozenset("\u2800\U0001d159")
"""Symbols that leave no mark: the Braille pattern without dots, and the note without a head."""


def is_unseen(char: str) -> bool:
    """Return whether the character leaves no mark; beside another one it may still change how that looks."""
    if unicodedata.category(char) in UNSEEN or char in BLANK:
        return True
    return any(first <= ord(char) <= last for first, last in IGNORABLE)
