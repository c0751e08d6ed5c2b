"""The search contract on SQLite with FTS5."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from agentchatbus.plugin_api import SearchOffer, Storage, StorageContext
from agentchatbus.testing.contracts.search import SearchContract
from agentchatbus_fts5 import Fts5Plugin, Fts5Settings
from agentchatbus_sql import SqlitePlugin, SqliteSettings
from tests.plugins.search_kit import settling


class TestNotedMessages(SearchContract):
    """New messages are looked through until there are enough of them."""

    window = 40

    def offer(self) -> SearchOffer:
        [offer] = Fts5Plugin(Fts5Settings(window=self.window)).register_search()
        return offer

    def open_storage(self, tmp_path: Path) -> AbstractAsyncContextManager[Storage]:
        [offer] = SqlitePlugin(SqliteSettings()).register_storage()
        return offer.open(StorageContext(owner="the tests", data_dir=tmp_path))


class TestIndexedMessages(TestNotedMessages):
    """All messages are in the index."""

    def offer(self) -> SearchOffer:
        return settling(super().offer())
