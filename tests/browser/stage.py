"""A plugin that has the coordinator's cards posted at once; in life they come after half a minute of silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from agentchatbus.plugin_api import (
    Bus,
    Call,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    Route,
    hookimpl,
    operation,
    operations_of,
)
from agentchatbus_coordinator.cards import draft
from agentchatbus_coordinator.situation import Record, Scene
from agentchatbus_coordinator.stalls import Kind, Stall

NOTHING_SAID = Record(authors=frozenset(), cards=(), spoke_seq=0, spoke_at=None)


class CardParams(Params):
    """Arguments of ``stage_card``."""

    thread_id: str
    kind: Kind
    agent: str


class StageOperations:
    """What the stage can do."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="POST", path="/stage/cards", status=201), tool=False)
    async def stage_card(self, params: CardParams, _call: Call) -> None:
        """Post the card that the coordinator posts when one agent has been waiting alone in a thread."""
        agent = await self._bus.agents.get(params.agent)
        now = self._bus.clock.now()
        scene = Scene(
            now=now,
            thread=await self._bus.threads.get(params.thread_id),
            record=NOTHING_SAID,
            present={agent.id: agent},
            waiting={agent.id: now},
            newcomers={},
        )
        stall = Stall(scene=scene, members=[agent], since=now - timedelta(seconds=90))
        await self._bus.messages.post_system(draft(params.kind, stall))


class StagePlugin(Plugin[PluginSettings]):
    """Takes part in tests only."""

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        return operations_of(StageOperations(bus))
