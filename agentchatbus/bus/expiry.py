"""Agents that nobody has heard of for very long are removed; what they wrote stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from agentchatbus.clock import Clock, isoformat
from agentchatbus.events import AgentWentOffline
from agentchatbus.model import Agent
from agentchatbus.ports.storage import Storage, Transaction

BATCH = 100
"""Agents that one unit of work removes at most."""

NAMESPACE, KEY = "agentchatbus.upkeep", "agents"


async def expire_agents(storage: Storage, clock: Clock, keep: timedelta) -> int:
    """Remove agents that were silent for longer than `keep`, and return how many.

    Silence counts from the first look at this storage on, so that the agents of an imported database get their time.
    """
    now = clock.now()
    since = await storage.write(lambda tx: _since(tx, now))
    if now - since <= keep:
        return 0

    def work(tx: Transaction) -> int:
        silent = [agent for agent in tx.agents.all() if now - _heard_at(agent) > keep]
        for agent in silent[:BATCH]:
            tx.agents.remove(agent.id)
            tx.events.append(AgentWentOffline(agent_id=agent.id, name=agent.name, reason="expired"), now)
        return len(silent[:BATCH])

    if not await storage.read(lambda tx: any(now - _heard_at(agent) > keep for agent in tx.agents.all())):
        return 0
    removed = 0
    while batch := await storage.write(work):
        removed += batch
    return removed


def _heard_at(agent: Agent) -> datetime:
    return max(agent.last_heartbeat, agent.last_activity_time)


def _since(tx: Transaction, now: datetime) -> datetime:
    """Return when agents were looked at first."""
    if found := tx.documents.get(NAMESPACE, KEY):
        return datetime.fromisoformat(found["since"])
    tx.documents.put(NAMESPACE, KEY, {"since": isoformat(now)})
    return now
