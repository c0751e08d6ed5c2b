"""Words of a text, in the one form in which words of messages and of queries are compared.

A word is a run of letters and digits; case, diacritics and compatibility forms do not matter. Scripts that are written
without spaces (Chinese, Japanese, Thai ...) give one word a character, so any part of such a text is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from agentchatbus.search_language.nodes import Term

_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20f0\ufe20-\ufe2f"
)
"""Accents and points that are written as characters of their own; they neither end a word nor count in it."""

_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_LETTER = rf"(?![{_UNSPACED}])[^\W_]"
_WORD = re.compile(rf"[{_UNSPACED}][{_MARKS}]*|{_LETTER}(?:{_LETTER}|[{_MARKS}])*")
_HAS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_ASCII = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256))


def words_of(text: str) -> list[str]:
    """Return the words of a text, in the form in which they are compared."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII).decode("ascii").split()
    return [word for word in map(_folded, _WORD.findall(text)) if word]


def padded_words_of(text: str) -> bytes:
    """Return the words of a text with blanks on both sides of each, in which single words are counted fastest."""
    if text.isascii():
        return b" %b " % text.encode("ascii").translate(_ASCII).replace(b" ", b"  ")
    return f" {'  '.join(words_of(text))} ".encode()


def spans_of(text: str, words: int) -> list[tuple[int, int]]:
    """Return where the first words of a text stand in it."""
    if text.isascii():
        return [found.span() for found in islice(_ASCII_WORD.finditer(text), words)]
    return list(islice((found.span() for found in _WORD.finditer(text) if _folded(found[0])), words))


def is_unspaced(word: str) -> bool:
    """Return whether the word is a character of a script without spaces."""
    return _HAS_UNSPACED.match(word) is not None


def occurrences(words: Sequence[str], term: Term) -> list[int]:
    """Return at which words the term begins."""
    first, *others = term.words
    if term.prefix and not others:
        return [place for place, word in enumerate(words) if word.startswith(first)]
    places = [place for place, word in enumerate(words) if word == first] if first in words else []
    return [place for place in places if _goes_on(words, place + 1, others, prefix=term.prefix)] if others else places


def _goes_on(words: Sequence[str], place: int, others: Sequence[str], *, prefix: bool) -> bool:
    *middle, last = others
    end = place + len(middle)
    if end >= len(words) or any(words[place + step] != word for step, word in enumerate(middle)):
        return False
    return words[end].startswith(last) if prefix else words[end] == last


@lru_cache(maxsize=8192)
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    folded = _bare(unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold()))
    if len(folded) > 1 and _HAS_UNSPACED.search(folded):  # a single sign, such as a number in a circle
        return _bare(unicodedata.normalize("NFD", word.casefold()))
    return folded


def _bare(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(char for char in text if char.isalnum()))
