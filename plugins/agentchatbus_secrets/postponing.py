"""Libraries that another one imports and nobody here uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Is imported in place of a library, and loads it once something of it is used."""

    def __getattr__(self, name: str) -> Any:
        _leave(self)
        return getattr(import_module(self.__name__), name)


@contextmanager
def postponed(library: str) -> Iterator[None]:
    """Let whoever imports a library in this context have it loaded at its first use, which may never come.

    Others are not touched: one that is loaded already stays, and later imports load it as ever.
    """
    if library in sys.modules:
        yield
        return
    stand_in = sys.modules[library] = _StandIn(library)
    try:
        yield
    finally:
        _leave(stand_in)


def _leave(stand_in: _StandIn) -> None:
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]
