"""BM25 over the candidates of one window."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agentchatbus.search_language.nodes import Term
from agentchatbus.search_language.words import occurrences, padded_words_of

K1 = 1.2
B = 0.75
LEAST_WEIGHT = 0.1

WEIGHED = 4000
"""Characters of a message that its rank is computed from."""

RANKED_TERMS = 16
"""Terms of a query that count for the rank; all of them count for what is found."""


Counts = tuple[int, ...]
"""How often each term occurs in a text, then how long the text is."""


def counts_of(texts: Iterable[str], terms: Sequence[Term]) -> list[Counts]:
    """Count the terms of a query in texts; this is what most of a search's time goes into."""
    patterns = [(_pattern(term), term) for term in terms[:RANKED_TERMS]]
    counted = []
    for text in texts:
        padded = padded_words_of(text[:WEIGHED])
        counts = [_count(padded, term) if pattern is None else padded.count(pattern) for pattern, term in patterns]
        if len(text) >= WEIGHED:  # what was found may stand further on
            counts = [max(1, count) for count in counts]
        counted.append((*counts, len(padded)))
    return counted


def _pattern(term: Term) -> bytes | None:
    """Return by what a single word is found among padded words; None for words in a row."""
    if len(term.words) > 1:
        return None
    return f" {term.words[0]}{'' if term.prefix else ' '}".encode()


def _count(padded: bytes, term: Term) -> int:
    return len(occurrences(padded.decode().split(), term))


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the rank of a message depends on besides the message: the average length, and how rare each term is."""

    average: float = 1.0
    weights: tuple[float, ...] = ()

    @classmethod
    def of(cls, counted: Sequence[Counts]) -> Statistics:
        """Return the statistics of one window, which stand for those of all messages."""
        if not counted:
            return cls()
        total = len(counted)
        *columns, lengths = zip(*counted, strict=True)
        holding = [total - column.count(0) for column in columns]
        weights = (math.log(1 + (total - held + 0.5) / (held + 0.5)) for held in holding)
        return cls(max(1.0, sum(lengths) / total), tuple(max(LEAST_WEIGHT, weight) for weight in weights))

    def scores(self, counted: Sequence[Counts]) -> list[float]:
        """Return the rank of each message, larger is better; rounded, so that near ties go to the newer one."""
        base, slope = K1 * (1 - B), K1 * B / self.average
        weights = [weight * (K1 + 1) for weight in self.weights]
        scores = []
        for counts in counted:
            norm = base + slope * counts[-1]
            score = 0.0
            for count, weight in zip(counts, weights, strict=False):  # the length is left over
                score += weight * count / (count + norm)
            scores.append(round(score, 6))
        return scores
