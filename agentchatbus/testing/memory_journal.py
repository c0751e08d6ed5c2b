"""What the stores in memory share: tables whose changes can be undone, and JSON as a disk would return it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeVar

from agentchatbus.model import freeze

K = TypeVar("K")
V = TypeVar("V")

PRUNED_AT_ONCE = 1000


class Journal:
    """Notes how to undo each change of the unit of work that runs, and refuses changes outside of one."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self._writing = False

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Run one unit of work; when it raises, everything it changed is as before."""
        self._writing = True
        try:
            yield
        except BaseException:
            while self._undo:
                self._undo.pop()()
            raise
        finally:
            self._undo.clear()
            self._writing = False

    def note(self, undo: Callable[[], object]) -> None:
        """Remember how to undo what is changed next.

        Raises:
            RuntimeError: Nothing may be changed now.
        """
        if not self._writing:
            raise RuntimeError("A unit of work that only reads tried to write.")
        self._undo.append(undo)

    def put(self, table: MutableMapping[K, V], key: K, value: V) -> None:
        """Set one entry."""
        if key in table:
            old = table[key]
            self.note(lambda: table.__setitem__(key, old))
        else:
            self.note(lambda: table.pop(key))
        table[key] = value

    def drop(self, table: MutableMapping[K, V], key: K) -> None:
        """Remove one entry, if it is there."""
        if key in table:
            old = table[key]
            self.note(lambda: table.__setitem__(key, old))
            del table[key]


def copy_json(value: Any) -> Any:
    """Return JSON as it would come back from a disk; what is not JSON is refused here as it would be there."""
    return freeze(json.loads(json.dumps(value, allow_nan=False, default=_plain)))


def _plain(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON.")
