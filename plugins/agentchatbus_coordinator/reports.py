"""Tells people and administrators of deadlocks, and people of their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from agentchatbus.plugin_api import (
    Agent,
    AgentState,
    Bus,
    Conflict,
    Message,
    MessageDraft,
    NotFound,
    Thread,
    Transaction,
    WaitCycle,
    isoformat,
)
from agentchatbus_coordinator import cards
from agentchatbus_coordinator.events import DeadlockDetected, DeadlockResolved
from agentchatbus_coordinator.graph import name_of
from agentchatbus_coordinator.ledger import Deadlock
from agentchatbus_coordinator.settings import CoordinatorSettings
from agentchatbus_coordinator.situation import read_cards, read_record

UI_TYPE = "deadlock_detected"
REASON = "wait_cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A deadlock with the names of everything in it."""

    cycle: WaitCycle
    threads: Mapping[str, Thread]
    agents: Mapping[str, Agent]

    @property
    def places(self) -> Sequence[Thread]:
        """The threads in which something may be said about it."""
        return [thread for thread in self.threads.values() if may_speak(thread)]

    @property
    def text(self) -> str:
        """Who waits for whom, in words."""
        waits = [
            f"{self._name(edge.agent_id)} waits for {self._name(edge.target)} in "
            f"'{self.threads[edge.thread_id].topic}' since {cards.clock_time(edge.since)}"
            for edge in self.cycle
        ]
        return f"{', '.join(waits)}."

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "agent_id": edge.agent_id,
                "agent_name": self._name(edge.agent_id),
                "agent_emoji": cards.emoji_of(self.agents[edge.agent_id]),
                "waiting_for": edge.target,
                "waiting_for_name": self._name(edge.target),
                "thread_id": edge.thread_id,
                "topic": self.threads[edge.thread_id].topic,
                "since": isoformat(edge.since),
            }
            for edge in self.cycle
        ]

    def _name(self, agent_id: str) -> str:
        return cards.name_of(self.agents[agent_id])


class Reports:
    """Writes cards, instructions and events about deadlocks."""

    def __init__(self, bus: Bus, settings: CoordinatorSettings) -> None:
        self._bus = bus
        self._instruct = settings.instruct

    async def report(self, cycle: WaitCycle) -> dict[str, str] | None:
        """Tell of a deadlock in all its threads; one that comes back before anybody spoke opens its old cards again.

        Returns:
            The ids of the cards by those of their threads, None when nothing can be said.
        """
        found = await self._bus.storage.read(partial(_read, cycle))
        if found is None:  # a thread or an agent that has just been removed
            return None
        story, known = found
        stored = await self._reopen(known) if known else await self._post_cards(story)
        if not stored:
            return None
        if not known and self._instruct:
            await self._tell_administrators(story)
        await self._bus.publish(
            DeadlockDetected(deadlock_id=name_of(cycle), text=story.text, cycle=story.rows(), cards=stored)
        )
        return stored

    async def resolve(self, deadlock: Deadlock, reason: str) -> None:
        """Close the cards of a deadlock that is over."""
        now = isoformat(self._bus.clock.now())
        for message_id in deadlock.cards.values():
            changes = {"decision_status": "resolved", "decision_at": now, "reason": reason}
            try:
                await self._bus.editing.annotate(message_id, changes, unless="decision_status")
            except NotFound:
                continue
        await self._bus.publish(DeadlockResolved(deadlock_id=deadlock.id, reason=reason, cards=dict(deadlock.cards)))

    async def _reopen(self, known: Sequence[Message]) -> dict[str, str]:
        for card in known:
            changes = {"decision_status": None, "decision_at": None, "reason": REASON}
            await self._bus.editing.annotate(card.id, changes)
        return {card.thread_id: card.id for card in known}

    async def _post_cards(self, story: _Story) -> dict[str, str]:
        text = f"Agents wait for each other: {story.text} Nobody goes on until one of them is spoken to."
        common = {
            "ui_type": UI_TYPE,
            **cards.HIDDEN,
            "reason": REASON,
            "deadlock_id": name_of(story.cycle),
            "cycle": story.rows(),
            "triggered_at": isoformat(self._bus.clock.now()),
        }
        stored = {}
        for thread in story.places:
            message = await self._post(cards.message(thread.id, text, {**common, "thread_id": thread.id}))
            if message is not None:
                stored[thread.id] = message.id
        return stored

    async def _tell_administrators(self, story: _Story) -> None:
        """Ask each administrator that is here, once, to break the circle."""
        asked = set()
        for thread in story.places:
            target = await self._administrator(thread)
            if target is None or target.id in asked:
                continue
            asked.add(target.id)
            text = (
                f"{cards.name_of(target)}: agents wait for each other. {story.text} You are the administrator: break "
                "the circle now. Answer what is asked, or tell one of them to go on without waiting."
            )
            metadata = {
                "thread_id": thread.id,
                "reason": REASON,
                "deadlock_id": name_of(story.cycle),
                "triggered_at": isoformat(self._bus.clock.now()),
                **cards.instruction(target),
            }
            await self._post(cards.message(thread.id, text, metadata))

    async def _administrator(self, thread: Thread) -> Agent | None:
        """Return a thread's administrator when it is here."""
        admin, settings = thread.settings.administrator, self._bus.settings
        if admin is None:
            return None
        try:
            agent = await self._bus.agents.get(admin.agent_id)
        except NotFound:
            return None
        state = agent.state(self._bus.clock.now(), settings.heartbeat_window, settings.working_window)
        return None if state is AgentState.OFFLINE else agent

    async def _post(self, draft: MessageDraft) -> Message | None:
        try:
            return await self._bus.messages.post_system(draft, only_if=may_speak)
        except (Conflict, NotFound):
            return None


def may_speak(thread: Thread) -> bool:
    """Return whether the coordinator may say something in a thread."""
    return thread.settings.auto_administrator_enabled and thread.takes_messages


def _read(cycle: WaitCycle, tx: Transaction) -> tuple[_Story, list[Message]] | None:
    """Return a deadlock with all names, and the cards that tell of it already; None when something of it is gone."""
    threads = {edge.thread_id: tx.threads.get(edge.thread_id) for edge in cycle}
    agents = {edge.agent_id: tx.agents.get(edge.agent_id) for edge in cycle}
    story = _Story(
        cycle=cycle,
        threads={key: thread for key, thread in threads.items() if thread is not None},
        agents={key: agent for key, agent in agents.items() if agent is not None},
    )
    if len(story.threads) < len(threads) or len(story.agents) < len(agents):
        return None
    return story, _known_cards(tx, story)


def _known_cards(tx: Transaction, story: _Story) -> list[Message]:
    """Return the cards about this very deadlock since somebody last spoke, if there is one in each thread."""
    name, found = name_of(story.cycle), []
    for thread in story.places:
        if not any(_is_about(name, card) for card in read_cards(tx, thread.id)):
            return []
        same = [card for card in read_record(tx, thread.id).said(UI_TYPE) if _is_about(name, card)]
        if not same:
            return []
        found.append(same[-1])
    return found


def _is_about(name: str, card: Message) -> bool:
    return card.metadata["ui_type"] == UI_TYPE and card.metadata.get("deadlock_id") == name
