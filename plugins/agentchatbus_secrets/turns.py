"""Long texts are looked at one after the other, in a thread of their own, and each only for so long.

Many threads at once would take the processor from each other until each is late, and a plugin that is late fails.
A text for which there was no time is a caller's business instead: it is refused with a sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from types import TracebackType
from typing import TypeVar

from agentchatbus.plugin_api import Unavailable
from agentchatbus_secrets.findings import Halt

BUSY = (
    "The secret filter has too much to look at, so this was not let through and nothing was stored. "
    "Try again in a moment, or send a shorter text."
)
T = TypeVar("T")


class GivenUp(Exception):
    """Nobody waits for this any more."""


class Turn:
    """The time of one text, from when it was given to be looked at."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds
        self._is_left = False

    def leave(self) -> None:
        """Say that nobody waits any more."""
        self._is_left = True

    def halt(self) -> None:
        """Raise when the time is over or nobody waits.

        Raises:
            GivenUp: It is.
        """
        if self._is_left or monotonic() >= self._end:
            raise GivenUp


class Turns:
    """One thread, and those who wait for it."""

    def __init__(self, seconds: float) -> None:
        """Start nothing yet.

        Args:
            seconds: How long one may wait and work, together.
        """
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="secrets")

    def __enter__(self) -> Turns:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def take(self, work: Callable[[Halt], T]) -> T:
        """Do the work when its turn comes, and return what it returns.

        Raises:
            Unavailable: The time was over before; what had not begun never begins, the rest ends soon.
        """
        turn = Turn(self._seconds)

        def begin() -> T:
            turn.halt()
            return work(turn.halt)

        result = asyncio.wrap_future(self._thread.submit(begin))
        try:
            if not (await asyncio.wait({result}, timeout=self._seconds))[0]:
                raise Unavailable(BUSY)
            return result.result()
        except GivenUp:
            raise Unavailable(BUSY) from None
        finally:
            turn.leave()
            result.cancel()
