"""Joining: an agent and a thread brought together in one step, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentchatbus.bus import bounds
from agentchatbus.bus.agents import NOBODY, Agents
from agentchatbus.bus.idempotency import Repeatable, fingerprint
from agentchatbus.bus.identity import new_agent_token
from agentchatbus.bus.names import Claim
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import joined, touch
from agentchatbus.bus.projection import project_all
from agentchatbus.bus.threads import Threads, administrator
from agentchatbus.bus.tokens import existing
from agentchatbus.errors import InvalidRequest
from agentchatbus.model import Agent, AgentDraft, Caller, CallerKind, Message, Thread, ThreadDraft, TokenSource
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.results import Connected, JoinRequest, Registered, ThreadOpened
from agentchatbus.ports.storage import Transaction

HISTORY = 100
"""Messages that a join delivers at most."""


class Joining:
    """The use case behind ``bus_connect``."""

    def __init__(self, parts: Parts, agents: Agents, threads: Threads) -> None:
        self._storage = parts.storage
        self._tokens = parts.tokens
        self._attendance = parts.attendance
        self._names = parts.names
        self._clock = parts.clock
        self._settings = parts.settings
        self._agents = agents
        self._threads = threads

    async def connect(
        self, join: JoinRequest, caller: Caller, token: str | None, draft: AgentDraft, *, key: str | None = None
    ) -> Connected:
        bounds.check_agent(draft)
        who = caller if caller.is_agent else NOBODY
        topic = await self._prepare(join, caller)
        asked = fingerprint("bus_connect", who, draft, *filter(None, (join.thread_id or join.draft,)))
        repeatable = Repeatable.of(who, key, asked, self._clock.now())

        def again(tx: Transaction, answer: Mapping[str, Any]) -> Connected:
            agent = self._agents.bring_back(tx, answer["agent_id"])
            secret = token if caller.is_agent and token else new_agent_token(agent.id, key)
            thread = existing(tx, answer["thread_id"])
            return self._joined(tx, Registered(agent=agent, token=secret), caller, join, (thread, answer["created"]))

        def first(tx: Transaction) -> Connected:
            registered = self._enter(tx, caller, token, draft, key, claim)
            opened = self._open(tx, join, topic, registered.agent)
            return self._joined(tx, registered, caller, join, opened)

        def work(tx: Transaction) -> Connected:
            return repeatable.once(tx, lambda: first(tx), lambda answer: again(tx, answer), _answer)

        with self._names.claiming() as claim:
            connected = await self._storage.write(work)
        self._attendance.arrived(connected.agent.id)
        return connected

    async def _prepare(self, join: JoinRequest, caller: Caller) -> ThreadDraft | None:
        """Return the draft of a thread that may have to be created; a thread that exists keeps what it has."""
        if join.thread_id is not None:
            return None
        if join.draft is None or not join.draft.topic.strip():
            raise InvalidRequest("thread_name is required", field="thread_name")
        bounds.check_thread(join.draft, self._settings)
        topic = join.draft.topic
        if await self._storage.read(lambda tx: tx.threads.by_topic(topic)) is not None:
            return join.draft
        return await self._threads.prepare(join.draft, caller)

    def _enter(
        self, tx: Transaction, caller: Caller, token: str | None, draft: AgentDraft, key: str | None, claim: Claim
    ) -> Registered:
        if caller.agent_id is not None and token is not None:
            return Registered(agent=self._agents.bring_back(tx, caller.agent_id), token=token)
        return self._agents.enroll(tx, draft, key, claim)

    def _open(self, tx: Transaction, join: JoinRequest, draft: ThreadDraft | None, agent: Agent) -> tuple[Thread, bool]:
        if join.thread_id is not None:
            return existing(tx, join.thread_id), False
        assert draft is not None  # noqa: S101 - _prepare returns one whenever there is no id
        return self._threads.open(tx, draft, administrator(_as_caller(agent), self._clock.now()))

    def _joined(
        self,
        tx: Transaction,
        registered: Registered,
        caller: Caller,
        join: JoinRequest,
        opened: tuple[Thread, bool],
    ) -> Connected:
        thread, created = opened
        agent = registered.agent
        history = _history(tx, thread, join.after_seq)
        tx.tokens.close_open(thread.id, agent.id, self._clock.now(), source=TokenSource.BUS_CONNECT)
        seen = history[-1].seq if history else max(0, min(join.after_seq, thread.last_seq))
        sync = self._tokens.issue(tx, thread.id, agent.id, TokenSource.BUS_CONNECT, seen)
        joined(tx, thread.id, _as_caller(agent), seen, self._clock.now())
        touch(tx, _as_caller(agent), "bus_connect", self._clock.now(), heartbeat=True)
        is_cut = bool(history) and join.after_seq <= 0 and history[0].seq > 1
        return Connected(
            agent=agent,
            token=registered.token,
            resumed=caller.is_agent,
            opened=ThreadOpened(thread=thread, created=created, sync=sync),
            messages=project_all(history, _as_caller(agent)),
            omitted_before=history[0].seq if is_cut else None,
        )


def _history(tx: Transaction, thread: Thread, after_seq: int) -> Sequence[Message]:
    """Return what a joining agent reads: after its cursor the oldest, without a cursor the newest messages."""
    after = max(0, min(after_seq, thread.last_seq))
    return tx.messages.page(MessageQuery(thread_id=thread.id, after_seq=after, limit=HISTORY, newest=after == 0))


def _as_caller(agent: Agent) -> Caller:
    return Caller(
        kind=CallerKind.AGENT,
        agent_id=agent.id,
        name=agent.name,
        display_name=agent.display_name,
        emoji=agent.emoji,
    )


def _answer(connected: Connected) -> Mapping[str, Any]:
    return {
        "agent_id": connected.agent.id,
        "thread_id": connected.opened.thread.id,
        "created": connected.opened.created,
    }
