"""A labelled sample of texts with and without secrets, made at run time from seeds: no token in it was ever issued.

`TUNING` is what the detectors were made with. `HELD_OUT` has other seeds and other sentences around the secrets, and
other kinds of harmless texts; nothing was adjusted to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.plugins.secrets_corpus import carriers, contexts, harmless, harmless_too, tokens

PER_TOKEN = 10
PER_TEXT = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts, and what is in them.

    Attributes:
        secrets: Pairs of a kind and a text that holds a secret of that kind.
        harmless: Pairs of a kind and a text without a secret.
    """

    secrets: Sequence[tuple[str, str]]
    harmless: Sequence[tuple[str, str]]


def _sample(seed: int, around: Sequence[str], within: contexts.Contexts, without: harmless.Texts) -> Sample:
    random = Random(seed)
    secrets = [
        (kind, random.choice(around).replace("{}", make(random)))
        for kind, makers in tokens.BARE.items()
        for make in makers
        for _ in range(PER_TOKEN)
    ]
    secrets += [(kind, make(random)) for kind, makers in within.items() for make in makers for _ in range(PER_TOKEN)]
    texts = [(kind, make(random)) for kind, make in without.items() for _ in range(PER_TEXT)]
    return Sample(secrets=secrets, harmless=texts)


def tuning() -> Sample:
    """Return the sample that the detectors were made with."""
    return _sample(20_260_101, carriers.TUNING, contexts.TUNING, harmless.TEXTS)


def held_out(seed: int = 77_345) -> Sample:
    """Return the sample that nothing was adjusted to."""
    return _sample(seed, carriers.HELD_OUT, contexts.HELD_OUT, harmless_too.TEXTS)
