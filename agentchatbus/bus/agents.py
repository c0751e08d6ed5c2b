"""Agents: register, resume, give signs of life, leave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from agentchatbus.bus import bounds
from agentchatbus.bus.idempotency import Repeatable, fingerprint
from agentchatbus.bus.identity import new_agent_token
from agentchatbus.bus.names import Claim
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import here, touch
from agentchatbus.bus.rights import require_member, require_person
from agentchatbus.bus.tokens import existing
from agentchatbus.emoji import is_emoji
from agentchatbus.errors import NotFound, Unauthenticated
from agentchatbus.events import AgentCameOnline, AgentKicked, AgentUpdated, AgentWentOffline
from agentchatbus.model import KICKED, Agent, AgentChanges, AgentDraft, Caller, CallerKind, freeze, hash_token
from agentchatbus.ports.results import Kicked, Registered
from agentchatbus.ports.storage import Transaction

KICKED_BY = 4
"""How many heartbeat windows lie between an agent that was sent away and its last sign of life."""

NOBODY = Caller(kind=CallerKind.GUEST)
"""Whose idempotency keys registrations use: who registers is nobody yet."""


class Agents:
    """The use cases around agents."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._waiting = parts.waiting
        self._attendance = parts.attendance
        self._names = parts.names
        self._settings = parts.settings
        self._clock = parts.clock

    async def register(self, draft: AgentDraft, *, key: str | None = None) -> Registered:
        bounds.check_agent(draft)
        asked = fingerprint("agent_register", NOBODY, draft)
        repeatable = Repeatable.of(NOBODY, key, asked, self._clock.now())

        def again(tx: Transaction, answer: Mapping[str, Any]) -> Registered:
            agent = here(known(tx, answer["agent_id"]))
            return Registered(agent=agent, token=new_agent_token(agent.id, key))

        def work(tx: Transaction) -> Registered:
            first = lambda: self.enroll(tx, draft, key, claim)  # noqa: E731
            return repeatable.once(tx, first, lambda answer: again(tx, answer), _answer)

        with self._names.claiming() as claim:
            registered = await self._storage.write(work)
        self._attendance.arrived(registered.agent.id)
        return registered

    def enroll(self, tx: Transaction, draft: AgentDraft, key: str | None, claim: Claim) -> Registered:
        """Store a new agent under a free name."""
        now = self._clock.now()
        name = claim.free(f"{draft.ide.strip() or 'Unknown IDE'} ({draft.model.strip() or 'Unknown Model'})")
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
            display_name=claim.free(alias) if alias and alias != name else name,
            alias_source="user" if alias else "auto",
            emoji=draft.emoji if draft.emoji and is_emoji(draft.emoji) else None,
        )
        token = new_agent_token(agent.id, key)
        tx.agents.add(agent, hash_token(token))
        tx.events.append(AgentCameOnline.of(agent), now)
        return Registered(agent=agent, token=token)

    def bring_back(self, tx: Transaction, agent_id: str) -> Agent:
        """Record that an agent is here again."""
        now = self._clock.now()
        here(known(tx, agent_id))
        tx.agents.touch(agent_id, "resume", now, heartbeat=True)
        agent = known(tx, agent_id)
        tx.events.append(AgentCameOnline.of(agent), now)
        return agent

    async def resume(self, caller: Caller) -> Agent:
        agent_id = proven(caller)
        agent = await self._storage.write(lambda tx: self.bring_back(tx, agent_id))
        self._attendance.arrived(agent_id)
        return agent

    async def heartbeat(self, caller: Caller) -> None:
        agent_id = proven(caller)
        now = self._clock.now()
        await self._storage.write(lambda tx: touch(tx, caller, "heartbeat", now, heartbeat=True))
        self._attendance.saw(agent_id)

    async def update(self, changes: AgentChanges, caller: Caller) -> Agent:
        agent_id, now = proven(caller), self._clock.now()
        bounds.check_changes(changes)

        def work(tx: Transaction) -> Agent:
            changed = _changed(known(tx, agent_id), changes, claim)
            tx.agents.update(changed)
            touch(tx, caller, "update", now)
            agent = known(tx, agent_id)
            tx.events.append(AgentUpdated.of(agent), now)
            return agent

        with self._names.claiming(agent_id) as claim:
            agent = await self._storage.write(work)
        self._attendance.saw(agent_id)
        return agent

    async def kick(self, agent_id: str, caller: Caller) -> Kicked:
        require_person(caller, "send an agent away")
        now = self._clock.now()
        long_ago = now - KICKED_BY * self._settings.heartbeat_window
        interrupted = sorted({state.thread_id for state in self._waiting.states() if state.agent_id == agent_id})

        def work(tx: Transaction) -> Agent:
            agent = known(tx, agent_id)
            tx.agents.set_token(agent_id, hash_token(new_agent_token(agent_id, None)))
            tx.tokens.close_all(agent_id, now)
            tx.agents.touch(agent_id, KICKED, long_ago, heartbeat=True)
            tx.events.append(AgentKicked(agent_id=agent_id, name=agent.name, threads_interrupted=interrupted), now)
            tx.events.append(AgentWentOffline(agent_id=agent_id, name=agent.name, reason="kicked"), now)
            return known(tx, agent_id)

        agent = await self._storage.write(work)
        self._left(agent_id, "A person sent this agent away.")
        return Kicked(agent=agent, threads_interrupted=interrupted)

    async def set_typing(self, thread_id: str, caller: Caller, *, is_typing: bool) -> None:
        require_member(caller, "show that you are typing")
        await self._storage.read(lambda tx: existing(tx, thread_id))
        self._attendance.types(thread_id, caller, is_typing=is_typing)

    async def unregister(self, caller: Caller) -> None:
        agent_id, now = proven(caller), self._clock.now()

        def work(tx: Transaction) -> None:
            agent = known(tx, agent_id)
            tx.agents.remove(agent_id)
            tx.events.append(AgentWentOffline(agent_id=agent_id, name=agent.name, reason="unregistered"), now)

        await self._storage.write(work)
        self._left(agent_id, "This agent was unregistered while it waited.")

    async def get(self, agent_id: str) -> Agent:
        agent = await self._storage.read(lambda tx: known(tx, agent_id))
        return _as_of_now(agent, self._waiting.waiting_agents())

    async def all(self) -> Sequence[Agent]:
        agents = await self._storage.read(lambda tx: tx.agents.all())
        waiting = self._waiting.waiting_agents()
        return [_as_of_now(agent, waiting) for agent in agents]

    def _left(self, agent_id: str, why: str) -> None:
        """End what the agent still does; nothing that it proved before counts any more."""
        self._attendance.left(agent_id)
        self._waiting.end(agent_id, Unauthenticated(why, reason="gone"))


def _as_of_now(agent: Agent, waiting: Collection[str]) -> Agent:
    return replace(agent, is_waiting=True, last_activity="msg_wait") if agent.id in waiting else agent


def _changed(agent: Agent, changes: AgentChanges, claim: Claim) -> Agent:
    """Return the agent as it wants to be seen from now on."""
    if changes.description is not None:
        agent = replace(agent, description=changes.description)
    if changes.capabilities is not None:
        agent = replace(agent, capabilities=tuple(changes.capabilities))
    if changes.skills is not None:
        agent = replace(agent, skills=freeze(tuple(changes.skills)))
    if changes.emoji is not None:
        agent = replace(agent, emoji=changes.emoji if is_emoji(changes.emoji) else None)
    if changes.display_name is not None:
        agent = _renamed(agent, changes.display_name.strip(), claim)
    return agent


def _renamed(agent: Agent, alias: str, claim: Claim) -> Agent:
    """Return the agent with another alias; an empty one brings the automatic name back."""
    if not alias:
        return replace(agent, display_name=agent.name, alias_source="auto")
    if alias == agent.display_name:
        return replace(agent, alias_source="user")
    return replace(agent, display_name=claim.free(alias), alias_source="user")


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
