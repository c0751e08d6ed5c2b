"""The newest lines of the log."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

OURS = ("agentchatbus", "uvicorn.error")
LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line; ids rise, and some may be missing at the beginning."""

    id: int
    line: str


class LogRing(logging.Handler):
    """Keeps the newest lines that the bus and its plugins log, without tracebacks."""

    def __init__(self, size: int, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=size)
        self._mask = mask
        self._last = 0

    @property
    def lines(self) -> Sequence[str]:
        """The lines, the oldest first."""
        return [item.line for item in list(self._lines)]

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Listen for as long as the context lasts."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)

    def after(self, line_id: int, limit: int) -> Sequence[LogLine]:
        """Return the lines with a higher id, the oldest first."""
        found = [item for item in list(self._lines) if item.id > line_id]
        return found[:limit]

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; the handler's lock is held."""
        if not record.name.startswith(OURS):
            return
        try:
            line = self._mask(_line(record))
        except Exception:  # a line that cannot be written must not stop who wrote it
            self.handleError(record)
            return
        self._last += 1
        self._lines.append(LogLine(id=self._last, line=line[:LONGEST]))


def _line(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
    text = " ".join(record.getMessage().split())
    error = record.exc_info[1] if record.exc_info else None
    cause = f" ({type(error).__name__}: {' '.join(str(error).split())})" if error else ""
    return f"{at} {record.levelname} {record.name}: {text}{cause}"
