"""No text takes the filter longer than its length explains. What it takes in seconds is measured by the benchmarks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import process_time

import pytest

from agentchatbus_secrets.scanner import Scanner
from tests.plugins.secrets_corpus.hostile import LARGEST, dense, long

SHORT = LARGEST // 64
LONG = LARGEST // 4
"""Sixteen times as long: a pattern that tries again from every place takes 256 times as long for it."""

MOST = 100
"""How many times as long it may take, which only the square of the length explains."""

NOTHING = 0.02
"""Seconds of processor time for the long text that are too few to say anything."""

FEW = 40
"""How many times as long as one password those may take that begin within it; there are 240."""


@pytest.mark.parametrize("texts", [dense, long])
def test_the_work_grows_with_the_length_of_a_text_and_not_with_its_square(
    texts: Callable[[int], Iterator[str]],
) -> None:
    scanner = Scanner()
    grown = [
        short_text[:60]
        for short_text, long_text in zip(texts(SHORT), texts(LONG), strict=True)
        if grows_too_much(scanner, short_text, long_text)
    ]
    assert grown == []


@pytest.mark.parametrize("end", [";", "$a;", " "])
def test_passwords_that_begin_within_each_other_cost_hardly_more_than_one(end: str) -> None:
    scanner = Scanner()
    one, many = (f"server=;pwd={filler * 240}{end}" * (LONG // 970) for filler in ("aaaa", "pwd="))
    assert any(work(scanner, many) < NOTHING + FEW * work(scanner, one) for _ in range(5))


def grows_too_much(scanner: Scanner, short_text: str, long_text: str) -> bool:
    """Return whether the long text takes far longer than its length explains, every time it is tried."""
    return all(
        (spent := work(scanner, long_text)) > NOTHING and spent > MOST * work(scanner, short_text) for _ in range(5)
    )


def work(scanner: Scanner, text: str) -> float:
    """Return the processor time that a text takes, of which nothing else on the machine takes a part."""
    began = process_time()
    scanner.first(text)
    scanner.redact(text)
    return process_time() - began


def test_a_pattern_that_tries_again_from_every_place_is_noticed() -> None:
    class CarelessScanner(Scanner):
        def first(self, text: str) -> str | None:
            return "never" if re.search("a*b", text) else None

    assert grows_too_much(CarelessScanner(), "a" * 750, "a" * 12_000)
