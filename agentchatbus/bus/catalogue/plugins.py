"""Operations on the plugins of a running bus, for the people who run it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import Field

from agentchatbus import events
from agentchatbus.errors import Forbidden
from agentchatbus.events import EventBody
from agentchatbus.model import Caller
from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.plugins import PluginManager, PluginStatus


class PluginParams(Params):
    """Arguments that name a plugin."""

    name: str = Field(description="Name of the plugin in the configuration.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginEnabled:
    """What ``plugin_enable`` did; `was_quarantined` is False when there was nothing to do."""

    name: str
    was_quarantined: bool


class PluginOperations:
    """Operations on plugins. No gate is asked: the plugin that refuses everything is the one to look after."""

    def __init__(self, manager: PluginManager, tell: Callable[[EventBody], None]) -> None:
        self._manager = manager
        self._tell = tell

    @operation(route=Route(method="GET", path="/api/plugins"), read_only=True, tool=False, gated=False)
    async def plugin_list(self, _params: Params, call: Call) -> Sequence[PluginStatus]:
        """List the plugins with their state, and the reason of every state but active."""
        _require_person(call.caller)
        return self._manager.statuses()

    @operation(route=Route(method="POST", path="/api/plugins/{name}/enable"), idempotent=True, tool=False, gated=False)
    async def plugin_enable(self, params: PluginParams, call: Call) -> PluginEnabled:
        """Call a quarantined plugin again."""
        _require_person(call.caller)
        was_quarantined = self._manager.enable(params.name)
        if was_quarantined:
            self._tell(events.PluginEnabled(plugin=params.name))
        return PluginEnabled(name=params.name, was_quarantined=was_quarantined)


def _require_person(caller: Caller) -> None:
    if not caller.sees_human_only:
        raise Forbidden("Only a person or the operator may look after plugins.")
