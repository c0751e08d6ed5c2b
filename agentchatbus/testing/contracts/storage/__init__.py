"""What every storage backend has to do.

A plugin's test module subclasses `StorageContract`::

    class TestMyStorage(StorageContract):
        def open_storage(self, tmp_path):
            [offer] = MyPlugin(MySettings()).register_storage()
            return offer.open(StorageContext(owner="the tests", data_dir=tmp_path))
"""

from __future__ import annotations

from agentchatbus.testing.contracts.storage.agents import AgentContract
from agentchatbus.testing.contracts.storage.documents import DocumentContract
from agentchatbus.testing.contracts.storage.events import EventContract
from agentchatbus.testing.contracts.storage.messages import MessageContract
from agentchatbus.testing.contracts.storage.people import AccessContract, ParticipantContract
from agentchatbus.testing.contracts.storage.pruning import PruningContract
from agentchatbus.testing.contracts.storage.reactions import EditContract, ReactionContract
from agentchatbus.testing.contracts.storage.removal import RemovalContract
from agentchatbus.testing.contracts.storage.threads import ThreadContract
from agentchatbus.testing.contracts.storage.tokens import TokenContract
from agentchatbus.testing.contracts.storage.units import UnitContract


class StorageContract(
    UnitContract,
    ThreadContract,
    MessageContract,
    EditContract,
    ReactionContract,
    ParticipantContract,
    RemovalContract,
    AgentContract,
    AccessContract,
    TokenContract,
    EventContract,
    DocumentContract,
    PruningContract,
):
    """The whole storage port; a subclass defines `open_storage`."""


__all__ = ["StorageContract"]
