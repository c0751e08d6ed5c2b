"""Values that stand for a secret and are none, and how random a value looks."""

from __future__ import annotations

import re
from math import log2

WORDS = re.compile(
    r"your|example|sample|dummy|fake|placeholder|change.?me|replace|insert|redact|masked|hidden|secret.?here|"
    r"passw|kennwort|letmein|qwerty|abc123|abcdef|0123456|123456|foobar|lorem|deadbeef|cafebabe|not.?a.?real|"
    r"xxxx|[*]{3}|[.]{3}|…|test|todo|fixme|undefined|null",
    re.IGNORECASE,
)
"""Parts of values that people write where a secret belongs; random letters hardly ever contain one."""

MASK = re.compile(r"[xX]{8}|[*•]{3}|[.]{3}|…")
VARIABLE = re.compile(
    r"\$\{|\$\(|\{\{|\}\}|^\$[A-Za-z_]\w*$|^%[A-Za-z_]\w*%?$|%\(|^<[^>]*>?$|^\{[\w.\[\]'\"]*\}?$|^@[\w.]+$|^:\w+$"
)
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
STRUCTURED = re.compile(
    r"[a-z][a-z0-9+.-]*://|arn:|urn:|data:|[~.]{0,2}/|[A-Za-z]:\\"  # an address or a path
    r"|\$(?:2[aby]?|argon2\w*|[156]|scrypt)\$|pbkdf2|scrypt|bcrypt|\{\w+\}|sha\d+[:-]|md5[:-]"  # a hash
    r"|[\d\s.,:/+-]+$"  # a number, a date, a version
    r"|0x[0-9a-fA-F]{40}$"  # the public address of a contract or an account
    r"|[\w.+-]+@[\w-]+\.[a-z]{2,}$"  # a mailbox
    r"|[A-Za-z0-9_-]+(?:[.:/-][A-Za-z_]+){2,}$"  # names, one in the other
)
SEGMENT = re.compile(r"[^A-Za-z0-9]+")
WORDLIKE = re.compile(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{4,}(?![a-z])")
UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}", re.IGNORECASE)
EXAMPLE = re.compile(
    r"(?:^|[^A-Za-z0-9])(?:(?:your|example|placeholder|change|replace|redact|dummy|sample)[A-Za-z]{0,9}|fake|here|insert)"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def is_mask(value: str) -> bool:
    """Return whether the value was made unreadable on purpose."""
    return MASK.search(value) is not None


def is_placeholder(value: str) -> bool:
    """Return whether the value says that something else belongs in its place."""
    return (
        is_mask(value)
        or VARIABLE.search(value) is not None
        or WORDS.search(value) is not None
        or len(set(value)) < min(5, len(value))
    )


def is_uuid(value: str) -> bool:
    """Return whether the value is the most usual of all identifiers; cheaper to ask than whether it is random."""
    return UUID.match(value) is not None


def is_structured(value: str) -> bool:
    """Return whether the value is something known that is no secret, such as an identifier, an address or a hash."""
    return is_uuid(value) or STRUCTURED.match(value) is not None


def is_example(token: str) -> bool:
    """Return whether what looks like a service's token only shows how one begins."""
    return is_mask(token) or is_name(token) or EXAMPLE.search(token) is not None or len(set(token)) < 8


def is_name(value: str) -> bool:
    """Return whether the value consists of words and small numbers with marks between them."""
    segments = [segment for segment in SEGMENT.split(value) if segment]
    return len(segments) > 1 and all(_is_word(segment) or _is_small_number(segment) for segment in segments)


def is_wordy(value: str) -> bool:
    """Return whether the value consists of words and few digits, as names do, or could be spoken."""
    if is_name(value):
        return True
    words = (match.group() for match in WORDLIKE.finditer(value))
    letters = sum(len(word) for word in words if not UNSPEAKABLE.search(word))
    return letters >= 0.6 * len(value) and sum(char.isdigit() for char in value) <= 0.15 * len(value)


def _is_word(segment: str) -> bool:
    return segment.isalpha() and (segment.islower() or segment.isupper() or segment.istitle())


def _is_small_number(segment: str) -> bool:
    return len(segment) <= 4 and segment.lstrip("vV").isdigit()


def entropy(value: str) -> float:
    """Return the bits of information in each character, from their frequencies."""
    size = len(value)
    counts = [value.count(char) for char in set(value)]
    return -sum(count / size * log2(count / size) for count in counts)


def kinds_of_characters(value: str) -> int:
    """Return how many of these occur: small letters, capitals, digits, other marks."""
    return sum(
        (
            any(char.islower() for char in value),
            any(char.isupper() for char in value),
            any(char.isdigit() for char in value),
            any(not char.isalnum() for char in value),
        )
    )
