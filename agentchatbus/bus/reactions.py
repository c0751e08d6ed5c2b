"""Reactions to messages."""

from __future__ import annotations

from uuid import uuid4

from agentchatbus.bus import bounds
from agentchatbus.bus.messages import changeable, known_message
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import still_here
from agentchatbus.bus.rights import require_member
from agentchatbus.errors import InvalidRequest
from agentchatbus.events import MessageReacted, ReactionRemoved
from agentchatbus.model import HUMAN, Caller, Reaction
from agentchatbus.ports.results import Reacted
from agentchatbus.ports.storage import Transaction

MAX_REACTION_LENGTH = 64
"""Characters of a reaction: it is a label, not a message."""

CLOSED = "keeps its reactions as they are"

MAX_REACTIONS = 200
"""Reactions that one message can have."""


class Reactions:
    """The use cases around reactions."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._clock = parts.clock

    async def add(self, message_id: str, reaction: str, caller: Caller) -> Reacted:
        require_member(caller, "react to a message")
        label = _label(reaction)
        who = _reactor(caller)

        def work(tx: Transaction) -> Reacted:
            message = known_message(tx, message_id)
            still_here(tx, caller)
            changeable(tx, message.thread_id, CLOSED)
            if found := tx.reactions.get(message_id, who, label):
                return Reacted(reaction=found, created=False)
            if len(tx.reactions.of([message_id]).get(message_id, ())) >= MAX_REACTIONS:
                raise InvalidRequest(f"A message can have {MAX_REACTIONS} reactions at most.", field="reaction")
            added = Reaction(
                id=str(uuid4()),
                message_id=message_id,
                agent_id=who,
                agent_name=caller.name if caller.is_agent else None,
                reaction=label,
                created_at=self._clock.now(),
            )
            tx.reactions.add(added)
            tx.events.append(MessageReacted.of(added, message.thread_id), added.created_at)
            return Reacted(reaction=added, created=True)

        return await self._storage.write(work)

    async def remove(self, message_id: str, reaction: str, caller: Caller) -> bool:
        require_member(caller, "take a reaction back")
        label, who = reaction.strip(), _reactor(caller)

        def work(tx: Transaction) -> bool:
            message = tx.messages.get(message_id)
            if message is None or tx.reactions.get(message_id, who, label) is None:
                return False
            changeable(tx, message.thread_id, CLOSED)
            tx.reactions.remove(message_id, who, label)
            body = ReactionRemoved(message_id=message_id, thread_id=message.thread_id, agent_id=who, reaction=label)
            tx.events.append(body, self._clock.now())
            return True

        return await self._storage.write(work)

    async def of(self, message_id: str) -> tuple[Reaction, ...]:
        def work(tx: Transaction) -> tuple[Reaction, ...]:
            known_message(tx, message_id)
            return tuple(tx.reactions.of([message_id]).get(message_id, ()))

        return await self._storage.read(work)


def _reactor(caller: Caller) -> str:
    """Return under which id somebody reacts; all people of this machine are one."""
    return caller.agent_id or HUMAN


def _label(reaction: str) -> str:
    label = reaction.strip()
    if not label:
        raise InvalidRequest("Reaction must be a non-empty string", field="reaction")
    bounds.check_label("reaction", label, MAX_REACTION_LENGTH)
    return label
