"""Names that people would take for one another (Unicode Technical Standard 39, Unicode Security Mechanisms)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from agentchatbus.model import RESERVED_NAMES, seen_part

WORD = re.compile(r"[^\W\d_]+")
ASCII_PROTOTYPES = str.maketrans(
    {'"': "''", "%": "\u00ba/\u2080", "0": "O", "1": "l", "I": "l", "`": "'", "m": "rn", "|": "l"}
)
"""What of the table of confusable characters concerns ASCII, so that the table is read for other names only."""

WRITTEN_TOGETHER: Sequence[frozenset[str]] = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that one word may mix: Japanese, Chinese and Korean do."""

OF_NO_SCRIPT = frozenset({"COMMON", "INHERITED", "Unknown"})


def looks_of(name: str) -> frozenset[str]:
    """Return the forms of a name; two names that have one in common look alike."""
    plain = " ".join(unicodedata.normalize("NFKC", seen_part(name)).split())
    # A capital I looks like a small l, and a small i does not; so both spellings count.
    return frozenset({_skeleton(plain).casefold(), _skeleton(plain.casefold()).casefold()})


def is_reserved(name: str) -> bool:
    """Return whether the name stands for a person of this machine or for the bus itself, or looks as if it did."""
    return not _reserved().isdisjoint(looks_of(name))


def disguised_word(name: str) -> str | None:
    """Return the first word that mixes scripts in order to look as if it were of one of them, or None."""
    if name.isascii():
        return None
    words = WORD.findall(unicodedata.normalize("NFKC", seen_part(name)))
    return next((word for word in words if _is_disguised(word)), None)


@cache
def _reserved() -> frozenset[str]:
    return frozenset(look for name in RESERVED_NAMES for look in looks_of(name))


def _is_disguised(word: str) -> bool:
    scripts = {_script(char) for char in word} - OF_NO_SCRIPT
    if len(scripts) < 2 or any(scripts <= together for together in WRITTEN_TOGETHER):
        return False
    return any(all(_passes_for(char, script) for char in word) for script in scripts)


def _passes_for(char: str, script: str) -> bool:
    """Return whether a reader may take the character for one of the script."""
    own = _script(char)
    return own == script or own in OF_NO_SCRIPT or script in _scripts_of_lookalikes(char)


def _skeleton(text: str) -> str:
    if text.isascii():
        return text.translate(ASCII_PROTOTYPES)
    decomposed = unicodedata.normalize("NFD", text).translate(_prototypes())
    return unicodedata.normalize("NFD", decomposed)


def _script(char: str) -> str:
    from confusable_homoglyphs import categories  # its tables take a moment to read, and most names are ASCII

    return str(categories.alias(char))


@cache
def _scripts_of_lookalikes(char: str) -> frozenset[str]:
    """Return the scripts that have a character which looks like this one."""
    table = _table()
    prototype = _prototypes().get(ord(char), char)
    return frozenset(_script(other) for other in (prototype, *table.get(prototype, ())) if len(other) == 1)


@cache
def _prototypes() -> Mapping[int, str]:
    """Return what each character that looks like others is replaced by before names are compared."""
    return {ord(char): prototype for char, prototype in _pairs() if char != prototype}


def _pairs() -> Iterator[tuple[str, str]]:
    """Yield characters and their prototypes; the library's table has a row for each direction.

    Each character has one prototype, and prototypes have none. So a row of several is a prototype's; where two
    characters have only each other, either will do.
    """
    table = _table()
    for char, others in table.items():
        if len(char) == 1 and len(others) == 1:
            [other] = others
            is_pair = len(other) == 1 and len(table.get(other, ())) == 1
            yield char, min(char, other) if is_pair else other


@cache
def _table() -> Mapping[str, Sequence[str]]:
    from confusable_homoglyphs.confusables import confusables_data

    # Right-to-left characters stand between marks of direction in Unicode's file.
    rows = ((_bare(char), [_bare(other["c"]) for other in others]) for char, others in confusables_data.items())
    return {char: others for char, others in rows if char}


def _bare(text: str) -> str:
    return text.replace("\u200e", "")
