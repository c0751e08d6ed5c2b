"""Words of a text, in the one form in which words of messages and of queries are compared.

A word is a run of letters and digits; case, diacritics and compatibility forms do not matter. Scripts that are written
without spaces (Chinese, Japanese, Thai ...) give one word a character, so any part of such a text is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_PART_OF_A_WORD = re.compile(rf"[^\W_]|[{_UNSPACED}{_MARKS}]")
_ASCII = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256))


def words_of(text: str) -> list[str]:
    """Return the words of a text, in the form in which they are compared."""
    plain = _plain(text)
    if plain is not None:
        return plain.decode("ascii").split()
    return [word for word in map(_folded, _WORD.findall(text)) if word]


def padded_words_of(text: str) -> bytes:
    """Return the words of a text with blanks on both sides of each, in which single words are counted fastest."""
    plain = _plain(text)
    if plain is not None:
        return b" %b " % plain.replace(b" ", b"  ")
    return f" {'  '.join(words_of(text))} ".encode()


def joined_words_of(text: str) -> bytes:
    """Return the words of a text with one blank before and after each, in which `places_in` finds terms."""
    plain = _plain(text)
    words = " ".join(words_of(text)).encode() if plain is None else b" ".join(plain.split())
    return b" %b " % words


def places_in(joined: bytes, term: Term) -> list[int]:
    """Return the numbers of the words at which a term begins."""
    pattern = f" {' '.join(term.words)}{'' if term.prefix else ' '}".encode()
    places = []
    at = joined.find(pattern)
    while at >= 0:
        places.append(joined.count(b" ", 0, at))
        at = joined.find(pattern, at + 1)
    return places


def spans_of(text: str, numbers: Iterable[int]) -> Mapping[int, tuple[int, int]]:
    """Return where some words of a text stand in it, given by their numbers in ascending order."""
    plain = _plain(text)
    if plain is not None:
        return _plain_spans(plain, numbers)
    words = (found.span() for found in _WORD.finditer(text) if _folded(found[0]))
    wanted = list(numbers)
    spans = list(islice(words, wanted[-1] + 1)) if wanted else []
    return {number: spans[number] for number in wanted}


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


def _plain(text: str) -> bytes | None:
    """Return a text whose words are of ASCII in small letters, with a blank for each other character, else None.

    Most texts are of this kind, dashes, arrows and emojis in them included, and bytes are looked through much faster.
    """
    if not text.isascii() and not _is_beside_words("".join(_BEYOND_ASCII.findall(text))):
        return None
    return text.encode("ascii", "replace").translate(_ASCII)


def _is_beside_words(characters: str) -> bool:
    return _PART_OF_A_WORD.search(characters) is None


def _plain_spans(plain: bytes, numbers: Iterable[int]) -> dict[int, tuple[int, int]]:
    spans: dict[int, tuple[int, int]] = {}
    reached, rest = 0, plain
    for number in numbers:
        rest = rest.split(None, number - reached)[-1]
        reached = number
        start = len(plain) - len(rest)
        end = plain.find(b" ", start)
        spans[number] = start, end if end >= 0 else len(plain)
    return spans


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
