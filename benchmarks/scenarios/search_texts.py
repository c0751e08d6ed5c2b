"""Messages as agents write them, as far as an index can tell: words of a Zipf distribution."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID

from agentchatbus.plugin_api import Message, Role

WORDS = 60_000
SYLLABLES = re.findall("..", "bacodefigahainjukalomenooparesatiunvewoxayozeprsteringionexsubveraleth")
AUTHORS = 25
THREADS = 400
COMMON = 0, 20
RARE = 20_000, WORDS
MIDDLE = 200, 2000


class Texts:
    """Makes the same messages for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = self._vocabulary()
        self._weights = list(accumulate(1 / rank for rank in range(3, WORDS + 3)))
        self._authors = [(self.identifier(), f"Agent {number} (GPT-5)") for number in range(AUTHORS)]
        self._threads = [self.identifier() for _ in range(THREADS)]
        self._count = 0
        self.start = datetime(2026, 1, 1, tzinfo=UTC)

    def identifier(self) -> str:
        """Return an id as the bus gives it."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def messages(self, count: int) -> Iterator[Message]:
        """Yield messages of many threads; few of them are busy."""
        seqs = dict.fromkeys(self._threads, 0)
        for _ in range(count):
            thread_id = self._threads[int(THREADS * self._random.random() ** 2)]
            seqs[thread_id] += 1
            yield self._message(thread_id, seqs[thread_id])

    def _message(self, thread_id: str, seq: int) -> Message:
        self._count += 1
        author_id, author = self._random.choice(self._authors)
        return Message(
            id=self.identifier(),
            thread_id=thread_id,
            seq=seq,
            author=author,
            author_id=author_id,
            author_name=author,
            role=Role.ASSISTANT,
            content=self._content(),
            created_at=self.start + timedelta(seconds=self._count * 3),
        )

    def queries(self, count: int) -> dict[str, list[str]]:
        """Return queries by their kind."""
        return {
            "rare word": [self._word(*RARE) for _ in range(count)],
            "common word": [self._word(*COMMON) for _ in range(count)],
            "two common words": [f"{self._word(*COMMON)} {self._word(*COMMON)}" for _ in range(count)],
            "common and rare word": [f"{self._word(*COMMON)} {self._word(*MIDDLE)}" for _ in range(count)],
            "beginning of a word": [f"{self._word(*MIDDLE)[:4]}*" for _ in range(count)],
            "word of an author": [
                f"{self._word(*COMMON)} from:{self._random.randrange(AUTHORS)}" for _ in range(count)
            ],
            "word before a day": [f"{self._word(*COMMON)} before:{self._day():%Y-%m-%d}" for _ in range(count)],
        }

    def some_threads(self, count: int) -> list[str]:
        """Return ids of threads, busy ones and quiet ones."""
        return self._random.choices(self._threads, k=count)

    def _content(self) -> str:
        length = max(3, int(self._random.lognormvariate(3.5, 0.8)))
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=length))

    def _word(self, first: int, last: int) -> str:
        return self._words[self._random.randrange(first, last)]

    def _day(self) -> datetime:
        return self.start + timedelta(seconds=self._random.random() * self._count * 3) + timedelta(days=1)

    def _vocabulary(self) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < WORDS:
            words["".join(self._random.choices(SYLLABLES, k=self._random.choice((1, 2, 2, 3, 3, 4))))] = None
        return list(words)
