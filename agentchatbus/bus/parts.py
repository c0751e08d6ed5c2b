"""What the use cases share."""

from __future__ import annotations

from dataclasses import dataclass

from agentchatbus.bus.attendance import Attendance
from agentchatbus.bus.names import Names
from agentchatbus.bus.refusals import Refusals
from agentchatbus.bus.tokens import ReplyTokens
from agentchatbus.bus.waiting import Waiting
from agentchatbus.clock import Clock
from agentchatbus.hooks import Hooks
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of one bus that its use cases are built from."""

    storage: Storage
    hooks: Hooks
    tokens: ReplyTokens
    waiting: Waiting
    attendance: Attendance
    names: Names
    refusals: Refusals
    clock: Clock
    settings: BusSettings
