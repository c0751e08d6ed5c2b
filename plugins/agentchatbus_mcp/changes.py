"""Which resources an event changes."""

from __future__ import annotations

from collections.abc import Sequence

from agentchatbus.plugin_api import Event, Offers
from agentchatbus_mcp.resources import AGENTS, THREADS, thread_uri

SAID = frozenset({"msg.new", "msg.edit"})
"""What changes the words of a thread."""

UNSEEN = frozenset({"agent.typing", "thread.read", "thread.settings", "thread.admin", "thread.timeout"})
"""What no resource shows."""


class Changes:
    """Knows the resources of the bus and those that plugins offer."""

    def __init__(self, offers: Offers, *, lists_threads: bool) -> None:
        self._offers = offers
        self._lists_threads = lists_threads

    @property
    def can_relist(self) -> bool:
        """Whether the list of resources may ever change."""
        return self._lists_threads or any(offer.entries is not None for offer in self._offers.resources)

    def resources(self, event: Event) -> Sequence[str]:
        """Return the URIs of the resources that an event changes."""
        offered = [uri for offer in self._offers.resources for uri in offer.changed_by(event)]
        return [*_own(event), *offered]

    def relists(self, event: Event) -> bool:
        """Return whether an event changes the list of resources."""
        if self._lists_threads and event.type.startswith("thread.") and event.type not in UNSEEN:
            return True
        return any(offer.relisted_by(event) for offer in self._offers.resources)


def _own(event: Event) -> Sequence[str]:
    if event.type in UNSEEN:
        return ()
    if event.type.startswith("agent."):
        return (AGENTS,)
    if event.thread_id is None:
        return ()
    words = (thread_uri(event.thread_id, "transcript"), thread_uri(event.thread_id, "state"))
    if event.type.startswith("thread."):
        return (THREADS, *words, thread_uri(event.thread_id, "summary"))
    return words if event.type in SAID else ()
