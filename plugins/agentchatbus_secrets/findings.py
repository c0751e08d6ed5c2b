"""What a detector is, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol


class Finding(NamedTuple):
    """A secret in a text.

    Attributes:
        label: What kind of secret it is.
        start: Where it begins in the folded text.
        end: Where it ends.
        context: It, with the name or the address around it that gave it away.
    """

    label: str
    start: int
    end: int
    context: str


Look = Literal["plain", "lowered", "dense", "dense_lowered"]
"""Where triggers are looked for: in the whole text, or only in its unusual words; as it is, or in small letters."""

Halt = Callable[[], None]
"""Called now and then while something is looked at; raises when nobody waits for it any more."""

DENSE = 15
"""No token of a service is shorter, and none has a space in it."""

UNUSUAL = re.compile(r"[A-Z0-9]")
"""None of them is of small letters only."""


def go_on() -> None:
    """Let the work go on, whoever waits."""


@dataclass(frozen=True, slots=True)
class Text:
    """A folded text, and what is cheaper to look at than all of it.

    Attributes:
        plain: The text.
        halt: What a detector calls that takes long; raises when the work is to end.
        lowered: The same in small letters, every character at its place.
        dense: Its long words with a capital or a digit, one in a line.
        dense_lowered: These in small letters.
    """

    plain: str
    halt: Halt = go_on
    lowered: str = field(init=False)
    dense: str = field(init=False)
    dense_lowered: str = field(init=False)

    def __post_init__(self) -> None:
        lowered = self.plain.lower()
        if len(lowered) != len(self.plain):
            lowered = "".join([small if len(small := char.lower()) == 1 else char for char in self.plain])
        dense = "\n".join([word for word in self.plain.split() if len(word) >= DENSE and UNUSUAL.search(word)])
        object.__setattr__(self, "lowered", lowered)
        object.__setattr__(self, "dense", dense)
        object.__setattr__(self, "dense_lowered", dense.lower())


class Runs:
    """Where runs of certain characters end; however many places of one are asked for, it is walked through once."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        """Look at nothing yet.

        Args:
            pattern: What a run is, and an empty one too.
            text: The text they are in.
        """
        self._pattern = pattern
        self._text = text
        self._start = self._end = 0

    def end(self, place: int) -> int:
        """Return where the run ends that this place is in."""
        if not self._start <= place < self._end:
            match = self._pattern.match(self._text, place)
            self._start, self._end = place, match.end() if match else place
        return self._end


class Detector(Protocol):
    """Finds one kind of secrets.

    It takes a time that grows no faster than the text, whatever the text is.
    """

    @property
    def labels(self) -> Sequence[str]:
        """The labels that its findings may have."""

    @property
    def triggers(self) -> Sequence[str]:
        """Words of which one occurs in every text in which it finds something."""

    @property
    def look(self) -> Look:
        """Where they occur."""

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield what it finds."""


def places(text: str, words: Iterable[str]) -> Iterator[int]:
    """Yield where each of these words begins, word by word."""
    for word in words:
        start = text.find(word)
        while start >= 0:
            yield start
            start = text.find(word, start + len(word))
