"""Names that people and agents read: no tricks with characters that cannot be seen."""

from __future__ import annotations

import re
import unicodedata

from agentchatbus.model.scripts import JOINER, shapes
from agentchatbus.model.unseen import BLANK, is_unseen

MAX_NAME_LENGTH = 200

_FORMS = frozenset("\ufe0e\ufe0f")
"""Choose whether the character before them is shown as text or as emoji."""

_KEYS, _KEYCAP = frozenset("0123456789#*"), "\u20e3"
_EMOJI_AMONG_LETTERS = frozenset("\u203c\u2049\u2139\u3030")
"""Emoji that Unicode counts among its marks and letters; all others are symbols."""

_TAGGED_FLAG = re.compile(
    "(?<=\U0001f3f4)[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,3}\U000e007f"
)
"""The black flag with the code of a part of a country in tags, such as England's (Unicode Technical Standard 51)."""


def unseen_character(text: str) -> str | None:
    """Return the first character that would not be seen as itself, or None.

    Those that shape the letters or the emoji beside them are seen, as part of them.
    """
    if text.isascii() and text.isprintable():
        return None
    plain = _TAGGED_FLAG.sub("", text)
    return next((char for place, char in enumerate(plain) if is_unseen(char) and not _belongs(plain, place)), None)


def seen_part(text: str) -> str:
    """Return the characters that are seen by themselves; joiners and choices of form are not among them."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if not is_unseen(char))


def _belongs(text: str, place: int) -> bool:
    """Return whether the character at this place is part of an emoji or of a letter that can be seen."""
    before, after = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    if text[place] in _FORMS:
        return _is_emoji(before) or (before in _KEYS and after == _KEYCAP)
    if text[place] == JOINER and (_is_emoji(before) or before in _FORMS) and _is_emoji(after):
        return True
    return shapes(text[place], before, after)


def _is_emoji(char: str) -> bool:
    if not char or char.isascii():
        return False
    return char in _EMOJI_AMONG_LETTERS or (unicodedata.category(char).startswith("S") and char not in BLANK)
