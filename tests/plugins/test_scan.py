"""The search contract on memory, where every query looks through the messages."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from agentchatbus.plugin_api import SearchOffer, Storage, StorageContext
from agentchatbus.testing.contracts.search import SearchContract
from agentchatbus.testing.memory import memory_offer
from agentchatbus_scan import ScanPlugin, ScanSettings


class TestScanSearch(SearchContract):
    window = 40

    def offer(self) -> SearchOffer:
        [offer] = ScanPlugin(ScanSettings(window=self.window)).register_search()
        return offer

    def open_storage(self, tmp_path: Path) -> AbstractAsyncContextManager[Storage]:
        return memory_offer().open(StorageContext(owner="the tests", data_dir=tmp_path))
