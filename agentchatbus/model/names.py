"""Names that people and agents read: no tricks with characters that cannot be seen."""

from __future__ import annotations

import unicodedata

MAX_NAME_LENGTH = 200
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format and line-breaking characters."""


def unseen_character(text: str) -> str | None:
    """Return the first character that would not be seen as itself, or None.

    The joiner inside emoji and the marks that choose their form are seen, as part of them.
    """
    return next((char for char in text if unicodedata.category(char) in _UNSEEN and char != "\u200d"), None)
