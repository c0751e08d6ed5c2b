"""Noticing what goes wrong in a plugin without anybody being told: logged errors, and calls that nobody awaited."""

from __future__ import annotations

import gc
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FORGOTTEN = re.compile(
    r"coroutine '(?P<name>.+?)' was never awaited(?:.*File \"(?P<file>.+?)\", line (?P<line>\d+))?", re.DOTALL
)
"""What Python says of a coroutine that nobody awaited, with the place of the call when it keeps track of that."""


class Failures(logging.Handler):
    """Keeps what the bus logs as an error, and which calls lack an ``await``: both reach nobody else."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._lines.append(f"{record.getMessage()}{f' ({type(error).__name__}: {error})' if error else ''}")

    @property
    def first(self) -> str:
        """What was noticed first; empty when nothing was."""
        gc.collect()  # a coroutine is only known to be forgotten when it is gone
        return self._lines[0] if self._lines else ""

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Keep what goes wrong until the context ends."""
        logger = logging.getLogger("agentchatbus")
        depth = sys.get_coroutine_origin_tracking_depth()
        logger.addHandler(self)
        sys.set_coroutine_origin_tracking_depth(max(depth, 1))
        try:
            with warnings.catch_warnings():
                self._take_warnings()
                yield
                gc.collect()
        finally:
            sys.set_coroutine_origin_tracking_depth(depth)
            logger.removeHandler(self)

    def _take_warnings(self) -> None:
        show = warnings.showwarning

        def note(message: Warning | str, *arguments: Any, **more: Any) -> None:
            if found := FORGOTTEN.match(str(message)):
                self._lines.append(_advice(found))
            else:
                show(message, *arguments, **more)

        warnings.filterwarnings("always", r"coroutine .* was never awaited", RuntimeWarning)
        warnings.showwarning = note


def _advice(found: re.Match[str]) -> str:
    place = f" ({found['file']}, line {found['line']})" if found["file"] else ""
    return f"{found['name']}() was called but never awaited, so it did nothing. Write `await` before the call{place}."
