"""The storage contract on SQLite."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from agentchatbus.plugin_api import Storage, StorageContext
from agentchatbus.testing.contracts.storage import StorageContract
from agentchatbus_sql import SqlitePlugin, SqliteSettings


class TestSqliteStorage(StorageContract):
    def open_storage(self, tmp_path: Path) -> AbstractAsyncContextManager[Storage]:
        [offer] = SqlitePlugin(SqliteSettings()).register_storage()
        return offer.open(StorageContext(owner="the tests", data_dir=tmp_path))
