"""Agents: register, resume, give signs of life, leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from agentchatbus.bus import bounds
from agentchatbus.bus.idempotency import Repeatable, fingerprint
from agentchatbus.bus.identity import new_agent_token
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import touch
from agentchatbus.bus.tokens import hash_token
from agentchatbus.errors import NotFound, Unauthenticated
from agentchatbus.events import AgentCameOnline, AgentWentOffline
from agentchatbus.model import Agent, AgentDraft, Caller, CallerKind, freeze
from agentchatbus.ports.results import Registered
from agentchatbus.ports.storage import Transaction

NOBODY = Caller(kind=CallerKind.GUEST)
"""Whose idempotency keys registrations use: who registers is nobody yet."""


class Agents:
    """The use cases around agents."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._identity = parts.identity
        self._waiting = parts.waiting
        self._clock = parts.clock

    async def register(self, draft: AgentDraft, *, key: str | None = None) -> Registered:
        bounds.check_agent(draft)
        asked = fingerprint("agent_register", NOBODY, draft)
        repeatable = Repeatable.of(NOBODY, key, asked, self._clock.now())

        def again(tx: Transaction, answer: Mapping[str, Any]) -> Registered:
            agent = known(tx, answer["agent_id"])
            return Registered(agent=agent, token=new_agent_token(agent.id, key))

        def work(tx: Transaction) -> Registered:
            return repeatable.once(tx, lambda: self.enroll(tx, draft, key), lambda answer: again(tx, answer), _answer)

        return await self._storage.write(work)

    def enroll(self, tx: Transaction, draft: AgentDraft, key: str | None) -> Registered:
        """Store a new agent under a free name."""
        now = self._clock.now()
        name = free_name(tx, f"{draft.ide.strip() or 'Unknown IDE'} ({draft.model.strip() or 'Unknown Model'})")
        alias = (draft.display_name or "").strip()
        agent = Agent(
            id=str(uuid4()),
            name=name,
            ide=draft.ide.strip() or "Unknown IDE",
            model=draft.model.strip() or "Unknown Model",
            registered_at=now,
            last_heartbeat=now,
            last_activity_time=now,
            description=draft.description,
            capabilities=tuple(draft.capabilities),
            skills=freeze(tuple(draft.skills)),
            display_name=free_name(tx, alias) if alias else name,
            alias_source="user" if alias else "auto",
        )
        token = new_agent_token(agent.id, key)
        tx.agents.add(agent, hash_token(token))
        tx.events.append(AgentCameOnline.of(agent), now)
        return Registered(agent=agent, token=token)

    def bring_back(self, tx: Transaction, agent_id: str) -> Agent:
        """Record that an agent is here again."""
        now = self._clock.now()
        tx.agents.touch(agent_id, "resume", now, heartbeat=True)
        agent = known(tx, agent_id)
        tx.events.append(AgentCameOnline.of(agent), now)
        return agent

    async def resume(self, caller: Caller) -> Agent:
        agent_id = proven(caller)
        return await self._storage.write(lambda tx: self.bring_back(tx, agent_id))

    async def heartbeat(self, caller: Caller) -> None:
        proven(caller)
        now = self._clock.now()
        await self._storage.write(lambda tx: touch(tx, caller, "heartbeat", now, heartbeat=True))

    async def unregister(self, caller: Caller) -> None:
        agent_id, now = proven(caller), self._clock.now()

        def work(tx: Transaction) -> None:
            tx.agents.remove(known(tx, agent_id).id)
            tx.events.append(AgentWentOffline(agent_id=agent_id), now)

        await self._storage.write(work)
        self._identity.forget(agent_id)
        self._waiting.end(agent_id)

    async def get(self, agent_id: str) -> Agent:
        return self._as_of_now(await self._storage.read(lambda tx: known(tx, agent_id)))

    async def all(self) -> Sequence[Agent]:
        agents = await self._storage.read(lambda tx: tx.agents.all())
        return [self._as_of_now(agent) for agent in agents]

    def _as_of_now(self, agent: Agent) -> Agent:
        if agent.id not in self._waiting.waiting_agents():
            return agent
        return replace(agent, is_waiting=True, last_activity="msg_wait")


def free_name(tx: Transaction, wanted: str) -> str:
    """Return the name, or the name with the lowest number that makes it unique."""
    name, number = wanted, 1
    while tx.agents.by_name(name) is not None:
        number += 1
        name = f"{wanted} {number}"
    return name


def known(tx: Transaction, agent_id: str) -> Agent:
    """Return the agent.

    Raises:
        NotFound: There is none.
    """
    if (agent := tx.agents.get(agent_id)) is None:
        raise NotFound("Agent not found", kind="agent", id=agent_id)
    return agent


def proven(caller: Caller) -> str:
    """Return the id of a caller that has proven to be an agent.

    Raises:
        Unauthenticated: It has not.
    """
    if caller.agent_id is None:
        raise Unauthenticated("This needs an agent's id and token.", reason="missing")
    return caller.agent_id


def _answer(registered: Registered) -> Mapping[str, Any]:
    return {"agent_id": registered.agent.id}
