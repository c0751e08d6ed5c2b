"""What there is to know about a thread in which agents wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agentchatbus.plugin_api import (
    SYSTEM,
    Agent,
    AgentState,
    BusSettings,
    Message,
    MessageQuery,
    Priority,
    Role,
    Thread,
    Transaction,
)

RECENT = 200
"""How many of the newest messages are looked at for those who take part."""

CARDS = 80
"""How many of the newest messages of the coordinator are looked at for cards that wait for a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was said in a thread lately.

    Attributes:
        authors: Ids of those who wrote.
        cards: The coordinator's own messages, oldest first.
        spoke_seq: The seq of the last message that was not of the bus itself; with it the idle period began.
        spoke_at: When it was written, None when that is long ago or never was.
    """

    authors: frozenset[str]
    cards: Sequence[Message]
    spoke_seq: int
    spoke_at: datetime | None

    def said(self, ui_type: str) -> Sequence[Message]:
        """Return the cards of a kind in this idle period."""
        return [card for card in self.cards if card.seq > self.spoke_seq and card.metadata["ui_type"] == ui_type]

    def is_pending(self, ui_type: str) -> bool:
        """Return whether a card of a kind waits for a decision."""
        return any(
            card.metadata["ui_type"] == ui_type and card.metadata.get("decision_status") != "resolved"
            for card in self.cards
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A thread in which agents wait.

    Attributes:
        now: The time of the look.
        thread: The thread.
        record: What was said there.
        present: The agents that matter and are not offline, by id.
        waiting: Since when agents wait there, by id.
        newcomers: Agents that joined lately, have not written yet, and are believed to work on it; until when.
    """

    now: datetime
    thread: Thread
    record: Record
    present: Mapping[str, Agent]
    waiting: Mapping[str, datetime]
    newcomers: Mapping[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at a thread starts from.

    Attributes:
        now: The time.
        settings: For how long signs of life last.
        waiting: Since when agents wait there, by id.
        blocked: Ids of all agents that wait anywhere.
    """

    now: datetime
    settings: BusSettings
    waiting: Mapping[str, datetime]
    blocked: frozenset[str]

    def read(self, tx: Transaction, thread_id: str) -> Scene | None:
        """Return what there is to know about a thread, None when it is gone."""
        thread = tx.threads.get(thread_id)
        if thread is None:
            return None
        record = read_record(tx, thread_id)
        admin = thread.settings.administrator
        working = self.settings.working_window
        joined = {
            item.agent_id: item.joined_at + working
            for item in tx.participants.of([thread_id]).get(thread_id, ())
            if item.agent_id and item.agent_id not in record.authors and self.now - item.joined_at < working
        }
        ids = {*record.authors, *self.waiting, *joined} | ({admin.agent_id} if admin else set())
        agents = {agent_id: agent for agent_id in ids if (agent := tx.agents.get(agent_id))}
        states = {agent_id: self._state(agent) for agent_id, agent in agents.items()}
        return Scene(
            now=self.now,
            thread=thread,
            record=record,
            present={key: agent for key, agent in agents.items() if states[key] is not AgentState.OFFLINE},
            waiting={key: since for key, since in self.waiting.items() if key in agents},
            newcomers={key: until for key, until in joined.items() if states.get(key) is AgentState.WORKING},
        )

    def _state(self, agent: Agent) -> AgentState:
        waits = agent.id in self.blocked
        return replace(agent, is_waiting=waits).state(
            self.now, self.settings.heartbeat_window, self.settings.working_window
        )


def read_record(tx: Transaction, thread_id: str) -> Record:
    """Return what was said in a thread lately."""
    newest = tx.messages.page(MessageQuery(thread_id=thread_id, limit=RECENT, newest=True))
    spoken = [message for message in newest if message.role is not Role.SYSTEM]
    begin = newest[0].seq - 1 if newest else 0
    return Record(
        authors=frozenset(message.author_id for message in spoken if message.author_id),
        cards=read_cards(tx, thread_id),
        spoke_seq=spoken[-1].seq if spoken else begin,
        spoke_at=spoken[-1].created_at if spoken else None,
    )


def read_cards(tx: Transaction, thread_id: str) -> list[Message]:
    """Return the coordinator's newest messages in a thread, oldest first."""
    query = MessageQuery(thread_id=thread_id, priority=Priority.SYSTEM, limit=CARDS, newest=True)
    return [message for message in tx.messages.page(query) if is_card(message)]


def is_card(message: Message) -> bool:
    """Return whether the bus itself wrote a message for the console to draw."""
    is_ours = message.role is Role.SYSTEM and message.author_id == SYSTEM
    return is_ours and isinstance(message.metadata.get("ui_type"), str)
