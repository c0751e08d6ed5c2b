"""Names that people and agents read: no tricks with characters that cannot be seen or only look alike."""

from __future__ import annotations

import unicodedata

from agentchatbus.model.callers import RESERVED_NAMES

MAX_NAME_LENGTH = 200
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format and line-breaking characters."""


def unseen_character(text: str) -> str | None:
    """Return the first character that would not be seen as itself, or None.

    The joiner inside emoji and the marks that choose their form are seen, as part of them.
    """
    return next((char for char in text if unicodedata.category(char) in _UNSEEN and char != "\u200d"), None)


def same_name_form(name: str) -> str:
    """Return the form in which two names that look alike to Unicode are equal (NFKC, no case, no outer blanks)."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) not in _UNSEEN)
    return " ".join(plain.casefold().split())


def is_reserved(name: str) -> bool:
    """Return whether the name stands for a person of this machine or for the bus itself."""
    return same_name_form(name) in RESERVED_NAMES
