"""What every search index has to do.

A plugin's test module subclasses `SearchContract`::

    class TestMySearch(SearchContract):
        def offer(self):
            [offer] = MyPlugin(MySettings()).register_search()
            return offer

        def open_storage(self, tmp_path):
            return memory_offer().open(StorageContext(owner="the tests", data_dir=tmp_path))
"""

from __future__ import annotations

from agentchatbus.testing.contracts.search.base import SearchCase, SearchSite
from agentchatbus.testing.contracts.search.changes import ChangeContract
from agentchatbus.testing.contracts.search.operators import OperatorContract
from agentchatbus.testing.contracts.search.pages import PageContract
from agentchatbus.testing.contracts.search.snippets import SnippetContract
from agentchatbus.testing.contracts.search.words import WordContract


class SearchContract(WordContract, OperatorContract, PageContract, SnippetContract, ChangeContract):
    """The whole search port; a subclass defines `offer` and `open_storage`."""


__all__ = ["SearchCase", "SearchContract", "SearchSite"]
