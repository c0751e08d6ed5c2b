"""What needs a person: gathered with a bounded number of reads, however much is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from agentchatbus.bus.parts import Parts
from agentchatbus.bus.rights import require_person
from agentchatbus.model import (
    HUMAN,
    Agent,
    AgentState,
    Ask,
    Caller,
    Message,
    Participant,
    Priority,
    Thread,
    ThreadStatus,
    WaitEdge,
    WaitState,
    ask_of,
    wait_cycles,
)
from agentchatbus.ports.needs import AskingMessage, BlockedWait, Looked, LostAgent, Needed
from agentchatbus.ports.queries import MessageQuery, ThreadQuery
from agentchatbus.ports.storage import Transaction

LIVE = frozenset({ThreadStatus.DISCUSS, ThreadStatus.IMPLEMENT, ThreadStatus.REVIEW})
"""Threads in which there is something to do; what others ask for needs nobody any more."""

THREADS = 100
"""Threads that are looked at, those first in which somebody spoke last."""

MESSAGES = 50
"""Unread messages of each that are looked at, and messages of the bus; the newest."""

LOST = timedelta(hours=12)
"""How long an agent that fell silent is missed."""


class Needs:
    """The use case of what needs a person."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._waiting = parts.waiting
        self._refusals = parts.refusals
        self._settings = parts.settings
        self._clock = parts.clock

    async def of(self, caller: Caller) -> Needed:
        require_person(caller, "see what needs people")
        looked = await self._storage.read(lambda tx: look(tx, caller))
        waits = self._waiting.states()
        live = {thread.id for thread in looked.threads}
        away = self._away(looked.agents, {state.agent_id for state in waits})
        here = {agent.id for agent in looked.agents if agent.id not in away} | {HUMAN, caller.name}
        cycles = [cycle for cycle, _ in wait_cycles(_edges(waits))]
        circling = {edge.agent_id for cycle in cycles for edge in cycle}
        return Needed(
            messages=looked.messages,
            deadlocks=cycles,
            blocked=_blocked([state for state in waits if state.agent_id not in circling], here),
            lost=self._lost(away, looked.places),
            refused=[body for body in self._refusals if body.thread_id in live],
            is_complete=looked.is_complete,
        )

    def _away(self, agents: Sequence[Agent], waiting: Collection[str]) -> dict[str, Agent]:
        """Return the agents that are offline, by id."""
        now, settings = self._clock.now(), self._settings
        windows = settings.heartbeat_window, settings.working_window
        return {
            agent.id: agent
            for agent in agents
            if agent.id not in waiting and agent.state(now, *windows) is AgentState.OFFLINE
        }

    def _lost(self, away: Mapping[str, Agent], places: Mapping[str, list[str]]) -> list[LostAgent]:
        since = self._clock.now() - LOST
        return [
            LostAgent(agent=agent, thread_ids=places[agent.id])
            for agent in away.values()
            if agent.id in places and not agent.is_kicked and agent.last_activity_time >= since
        ]


def look(tx: Transaction, caller: Caller) -> Looked:
    """Read what the storage has to say."""
    newest = tx.threads.page(ThreadQuery(by_activity=True, limit=THREADS))
    threads = [thread for thread in newest if thread.status in LIVE]
    participants = tx.participants.of([thread.id for thread in threads])
    agents = tx.agents.all()
    known = {agent.id: agent for agent in agents}
    names = {HUMAN, caller.name.lower()}
    asking = []
    for thread in threads:
        read_seq = _read_seq(participants.get(thread.id, ()), caller)
        for message in _candidates(tx, thread, read_seq):
            kind = ask_of(message, names)
            if kind is Ask.CARD or (kind is not None and message.seq > read_seq):
                asking.append(AskingMessage(kind=kind, message=message, author=known.get(message.author_id or "")))
    return Looked(
        threads=threads,
        messages=sorted(asking, key=lambda item: item.message.created_at, reverse=True),
        agents=agents,
        places=_places(participants),
        is_complete=len(newest) < THREADS,
    )


def _candidates(tx: Transaction, thread: Thread, read_seq: int) -> list[Message]:
    """Return the messages of a thread that may ask something: of the bus, and those that are not read."""
    of_bus = MessageQuery(thread_id=thread.id, priority=Priority.SYSTEM, limit=MESSAGES, newest=True)
    unread = MessageQuery(thread_id=thread.id, after_seq=read_seq, limit=MESSAGES, newest=True)
    found = tx.messages.page(of_bus)
    if thread.last_seq > read_seq:
        found = [*found, *tx.messages.page(unread)]
    return list({message.id: message for message in found}.values())


def _read_seq(participants: Sequence[Participant], caller: Caller) -> int:
    return next((item.read_seq for item in participants if item.key == caller.seat), 0)


def _places(participants: Mapping[str, Sequence[Participant]]) -> dict[str, list[str]]:
    """Return the threads in which each agent takes part."""
    places: dict[str, list[str]] = {}
    for thread_id, members in participants.items():
        for item in members:
            if item.agent_id is not None:
                places.setdefault(item.agent_id, []).append(thread_id)
    return places


def _edges(waits: Sequence[WaitState]) -> list[WaitEdge]:
    return [
        WaitEdge(agent_id=state.agent_id, thread_id=state.thread_id, target=target, since=state.entered_at)
        for state in waits
        for target in state.waiting_for
    ]


def _blocked(waits: Sequence[WaitState], here: Collection[str]) -> list[BlockedWait]:
    """Return the waits for somebody who is offline, or who is no longer registered."""
    found = [(state, [agent_id for agent_id in state.waiting_for if agent_id not in here]) for state in waits]
    return [BlockedWait(wait=state, offline=offline) for state, offline in found if offline]
