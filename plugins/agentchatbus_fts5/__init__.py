"""Search in SQLite with FTS5: an index kept by triggers, in the transaction of each message."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from pydantic import Field

from agentchatbus.plugin_api import Plugin, PluginSettings, SearchIndex, SearchOffer, Storage, hookimpl


class Fts5Settings(PluginSettings):
    """The table ``[plugins.fts5]``.

    Attributes:
        window: How many of the newest matches are ranked against each other.
        prefix: Lengths of beginnings of words that get an index of their own, which makes searches like ``pre*`` fast;
            each length adds to the cost of a post. A change makes the index anew.
        sweep_after_seconds: How long after an edit or a removal the old words are swept out of the file; searches find
            them no more from the moment of the change.
    """

    window: int = Field(default=200, ge=10, le=2000)
    prefix: tuple[Annotated[int, Field(ge=1, le=8)], ...] = Field(default=(3,), max_length=3)
    sweep_after_seconds: float = Field(default=5.0, ge=0)


class Fts5Plugin(Plugin[Fts5Settings]):
    """Offers the search backend ``fts5`` for storages with SQLite."""

    settings_type = Fts5Settings

    @hookimpl
    def register_search(self) -> Sequence[SearchOffer]:
        return [SearchOffer(name="fts5", priority=100, supports=_supports, open=self._open)]

    def _open(self, storage: Storage) -> AbstractAsyncContextManager[SearchIndex]:
        from agentchatbus_fts5.index import open_index

        return open_index(self.settings, storage)


def _supports(storage: Storage) -> bool:
    return getattr(storage.sql, "dialect", None) == "sqlite"
