"""The operation that says what needs a person."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from agentchatbus.clock import isoformat
from agentchatbus.events import message_row
from agentchatbus.model import WaitEdge, WaitState
from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.ports.bus import Bus


class AskRow(TypedDict):
    """A message that asks something; `kind` is `card`, `mention` or `notice`, `message` as in events."""

    kind: str
    message: dict[str, Any]


class WaitRow(TypedDict):
    """An agent that waits in a thread for others."""

    agent_id: str
    thread_id: str
    since: str
    waiting_for: list[str]


class BlockedRow(WaitRow):
    """An agent that waits for others of whom some are not here."""

    offline: list[str]


class LostRow(TypedDict):
    """An agent that fell silent, and the threads that miss it."""

    agent_id: str
    last_activity_time: str
    thread_ids: list[str]


class NeedsRow(TypedDict):
    """Everything that needs a person; `refused` is as in the event `msg.refused`."""

    messages: list[AskRow]
    deadlocks: list[list[WaitRow]]
    blocked: list[BlockedRow]
    lost: list[LostRow]
    refused: list[dict[str, Any]]
    is_complete: bool


class NeedsOperations:
    """What needs a person."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="GET", path="/api/needs"), read_only=True, idempotent=True, tool=False)
    async def needs_list(self, _params: Params, call: Call) -> NeedsRow:
        """List what needs you: decisions, unread mentions, deadlocks, agents that fell silent, refused messages."""
        needed = await self._bus.needs.of(call.caller)
        return {
            "messages": [
                {
                    "kind": item.kind.value,
                    "message": message_row(item.message, item.author.face if item.author else None),
                }
                for item in needed.messages
            ],
            "deadlocks": [[_edge(edge) for edge in cycle] for cycle in needed.deadlocks],
            "blocked": [{**_wait(item.wait), "offline": list(item.offline)} for item in needed.blocked],
            "lost": [
                {
                    "agent_id": item.agent.id,
                    "last_activity_time": isoformat(item.agent.last_activity_time),
                    "thread_ids": list(item.thread_ids),
                }
                for item in needed.lost
            ],
            "refused": [body.payload() for body in needed.refused],
            "is_complete": needed.is_complete,
        }


def _edge(edge: WaitEdge) -> WaitRow:
    since = isoformat(edge.since)
    return {"agent_id": edge.agent_id, "thread_id": edge.thread_id, "since": since, "waiting_for": [edge.target]}


def _wait(state: WaitState) -> WaitRow:
    return {
        "agent_id": state.agent_id,
        "thread_id": state.thread_id,
        "since": isoformat(state.entered_at),
        "waiting_for": list(state.waiting_for),
    }
