"""Which limit holds for whom."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from agentchatbus.plugin_api import Action, Caller, CallerKind, NotFound, Operations
from agentchatbus_limits.settings import OFF, LimitsSettings, Rates

if TYPE_CHECKING:
    from limits import RateLimitItem


class Kind(StrEnum):
    """Classes of operations, by the names of their settings."""

    MESSAGES = "messages"
    EDITS = "edits"
    REGISTRATIONS = "registrations"
    WRITES = "writes"
    SEARCHES = "searches"
    READS = "reads"


NEVER_LIMITED = frozenset({"agent_heartbeat", "agent_resume", "msg_wait"})
"""What an agent needs in order to stay: whoever is kept from it looks dead."""

KINDS = {
    "agent_register": Kind.REGISTRATIONS,
    "msg_edit": Kind.EDITS,
    "msg_post": Kind.MESSAGES,
    "msg_search": Kind.SEARCHES,
}
"""Operations of other classes than their flags say."""

NAMESPACE = "agentchatbus"

Limit = tuple["RateLimitItem", ...]
"""The rates of one class that hold together."""


class Rules:
    """The settings, by caller and operation."""

    def __init__(self, settings: LimitsSettings) -> None:
        self._settings = settings
        self._scopes: dict[CallerKind, Rates] = {
            CallerKind.GUEST: settings.guest,
            CallerKind.HUMAN: settings.human,
            CallerKind.OPERATOR: settings.operator,
        }
        self._read: dict[str, Limit] = {OFF: ()}

    def limit(self, kind: Kind, caller: Caller) -> Limit:
        """Return the rates that hold for what a caller does; empty when none do."""
        if caller.kind is CallerKind.SYSTEM:
            return ()
        if caller.agent_id is not None:
            return self.limit_of_agent(kind, caller.agent_id, caller.name)
        return self._limit(kind, self._scopes.get(caller.kind))

    def limit_of_agent(self, kind: Kind, agent_id: str, name: str) -> Limit:
        """Return the rates that hold for an agent.

        Its display name does not count: an agent chooses that itself.
        """
        agents = self._settings.agents
        return self._limit(kind, agents.get(agent_id) or agents.get(name))

    def _limit(self, kind: Kind, own: Rates | None) -> Limit:
        text: str = (getattr(own, kind) if own else None) or getattr(self._settings, kind)
        if text not in self._read:
            from limits import parse_many

            self._read[text] = tuple(
                type(rate)(rate.amount, rate.multiples, namespace=NAMESPACE) for rate in parse_many(text)
            )
        return self._read[text]


def kind_of(action: Action, operations: Operations | None) -> Kind | None:
    """Return the class of what a caller asks for, None for what is never limited."""
    name = action.operation
    if name in NEVER_LIMITED:
        return None
    if name == "bus_connect":
        return Kind.WRITES if "agent_id" in action.arguments else Kind.REGISTRATIONS
    return KINDS.get(name) or _by_flags(name, operations)


def bucket_of(kind: Kind, caller: Caller) -> str:
    """Return under which name something is counted: never one that the caller chose.

    New agents are counted by address whoever asks, for an agent that registers another one is that one afterwards.
    """
    if kind is Kind.REGISTRATIONS:
        return f"{kind}/{_address(caller)}"
    if caller.agent_id is not None:
        return bucket_of_agent(kind, caller.agent_id)
    return f"{kind}/{caller.kind}/{_address(caller)}"


def bucket_of_agent(kind: Kind, agent_id: str) -> str:
    """Return under which name something that an agent does is counted."""
    return f"{kind}/agent/{agent_id}"


def _address(caller: Caller) -> str:
    return caller.address or "local"


def _by_flags(name: str, operations: Operations | None) -> Kind | None:
    try:
        operation = operations.get(name) if operations else None
    except NotFound:
        operation = None
    if operation is None or operation.blocks:
        return None
    return Kind.READS if operation.read_only else Kind.WRITES
