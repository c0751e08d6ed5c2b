"""BM25 over the candidates of one window."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agentchatbus.search_language.nodes import Term
from agentchatbus.search_language.words import padded_words_of, places_in

K1 = 1.2
B = 0.75
LEAST_WEIGHT = 0.1

WEIGHED = 4000
"""Characters of a message that its rank is computed from."""

STEPS = 1e6
"""How finely ranks are told apart; ``round`` to a number of digits takes as long as the rest of a score."""

RANKED_TERMS = 16
"""Terms of a query that count for the rank; all of them count for what is found."""


Counts = tuple[int, ...]
"""How often each term occurs in a text, then how long the text is."""


def counts_of(texts: Iterable[str], terms: Sequence[Term]) -> list[Counts]:
    """Count the terms of a query in texts; this is what most of a search's time goes into."""
    beginnings = [text[:WEIGHED] for text in texts]
    padded = [padded_words_of(beginning) for beginning in beginnings]
    columns = [_column(padded, term) for term in terms[:RANKED_TERMS]]
    counted = list(zip(*columns, map(len, padded), strict=True))
    for place, beginning in enumerate(beginnings):
        if len(beginning) == WEIGHED:  # what was found may stand further on
            *counts, length = counted[place]
            counted[place] = (*(max(1, count) for count in counts), length)
    return counted


def _column(texts: Sequence[bytes], term: Term) -> list[int]:
    if len(term.words) > 1:
        return [len(places_in(b" %b " % b" ".join(text.split()), term)) for text in texts]
    pattern = f" {term.words[0]}{'' if term.prefix else ' '}".encode()
    return [text.count(pattern) for text in texts]


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
        if not counted:
            return []
        base, slope = K1 * (1 - B), K1 * B / self.average
        *columns, lengths = zip(*counted, strict=True)
        norms = [base + slope * length for length in lengths]
        scores = [0.0] * len(norms)
        for weight, column in zip(self.weights, columns, strict=True):
            full = weight * (K1 + 1)
            scores = [
                score + full * count / (count + norm) for score, count, norm in zip(scores, column, norms, strict=True)
            ]
        return [round(score * STEPS) / STEPS for score in scores]
