"""Signs of life of agents, recorded with what they do."""

from __future__ import annotations

from datetime import datetime

from agentchatbus.errors import Unauthenticated
from agentchatbus.events import ThreadJoined
from agentchatbus.model import Agent, Caller, Participant
from agentchatbus.ports.storage import Transaction


def still_here(tx: Transaction, caller: Caller) -> None:
    """Check that an agent was neither removed nor sent away since it proved itself.

    Raises:
        Unauthenticated: It was, so the whole unit of work is refused.
    """
    if caller.agent_id is not None:
        here(tx.agents.get(caller.agent_id))


def here(agent: Agent | None) -> Agent:
    """Return the agent.

    Raises:
        Unauthenticated: It was removed or sent away.
    """
    if agent is None or agent.is_kicked:
        raise _gone()
    return agent


def touch(tx: Transaction, caller: Caller, activity: str, at: datetime, *, heartbeat: bool = False) -> None:
    """Record what an agent did; people leave no such trace.

    Raises:
        Unauthenticated: The agent was removed or sent away since it proved itself.
    """
    if caller.agent_id is not None and not tx.agents.touch(caller.agent_id, activity, at, heartbeat=heartbeat):
        raise _gone()


def joined(
    tx: Transaction, thread_id: str, caller: Caller, read_seq: int, at: datetime, *, name: str | None = None
) -> None:
    """Record that somebody takes part in a thread and has read up to a seq; people may go by a name of their own."""
    key = caller.seat if caller.is_agent else name or caller.seat
    if not key:
        return
    participant = Participant(
        thread_id=thread_id,
        key=key,
        agent_id=caller.agent_id,
        name=caller.name if caller.is_agent else key,
        joined_at=at,
        read_seq=read_seq,
    )
    if tx.participants.put(participant) and (thread := tx.threads.get(thread_id)):
        tx.events.append(ThreadJoined.of(thread, participant, caller.face), at)


def _gone() -> Unauthenticated:
    return Unauthenticated("This agent was unregistered or sent away.", reason="gone")
