"""The storage contract on memory."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from agentchatbus.plugin_api import Storage, StorageContext
from agentchatbus.testing.contracts.storage import StorageContract
from agentchatbus.testing.memory import memory_offer


class TestMemoryStorage(StorageContract):
    durable = False

    def open_storage(self, tmp_path: Path) -> AbstractAsyncContextManager[Storage]:
        return memory_offer().open(StorageContext(owner="the tests", data_dir=tmp_path))
