"""Agents and reply tokens in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from itertools import count, islice

from agentchatbus.errors import Conflict
from agentchatbus.model import Agent, ReplyToken, TokenSource
from agentchatbus.ports.stores import AgentStore, TokenStore
from agentchatbus.testing.memory_journal import PRUNED_AT_ONCE, Journal, copy_json
from agentchatbus.testing.memory_threads import MemoryThreads


class MemoryTokens(TokenStore):
    def __init__(self, journal: Journal, threads: MemoryThreads) -> None:
        self._journal = journal
        self._threads = threads
        self._rows: dict[str, ReplyToken] = {}
        self._open: defaultdict[tuple[str, str | None], dict[str, int]] = defaultdict(dict)
        self._refreshes: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._counter = count()

    def get(self, token_hash: str) -> ReplyToken | None:
        return self._rows.get(token_hash)

    def add(self, token: ReplyToken) -> None:
        self._threads.require(token.thread_id)
        if token.hash in self._rows:
            raise Conflict("There is a reply token of this hash already.")
        self._journal.put(self._rows, token.hash, token)
        if token.is_open:
            self._journal.put(self._open[token.thread_id, token.agent_id], token.hash, next(self._counter))

    def open_of(self, thread_id: str, agent_id: str) -> list[ReplyToken]:
        open_ = self._open.get((thread_id, agent_id), {})
        newest_first = sorted(open_, key=lambda key: (self._rows[key].issued_at, open_[key]), reverse=True)
        return [self._rows[key] for key in newest_first]

    def consume(self, token_hash: str, at: datetime, *, message_id: str, fingerprint: str) -> None:
        if (token := self._rows.get(token_hash)) is not None:
            self._close(replace(token, consumed_at=at, consumed_by=message_id, fingerprint=fingerprint))

    def close_open(
        self, thread_id: str, agent_id: str, at: datetime, *, source: TokenSource | None = None, keep: str | None = None
    ) -> None:
        for token in self.open_of(thread_id, agent_id):
            if token.hash != keep and source in (None, token.source):
                self._close(replace(token, consumed_at=at))

    def close_all(self, agent_id: str, at: datetime) -> None:
        for token in [token for token in self._rows.values() if token.agent_id == agent_id and token.is_open]:
            self._close(replace(token, consumed_at=at))

    def request_refresh(self, thread_id: str, agent_id: str, at: datetime, reason: str) -> None:
        self._threads.require(thread_id)
        self._journal.put(self._refreshes, (agent_id, thread_id), (at, reason))

    def refresh_requested(self, thread_id: str, agent_id: str) -> bool:
        return (agent_id, thread_id) in self._refreshes

    def clear_refresh(self, thread_id: str, agent_id: str) -> None:
        self._journal.drop(self._refreshes, (agent_id, thread_id))

    def forget(self, agent_id: str) -> None:
        """Remove everything that an agent could still use."""
        for token in [token for token in self._rows.values() if token.agent_id == agent_id and token.is_open]:
            self._remove(token)
        for pair in [pair for pair in self._refreshes if pair[0] == agent_id]:
            self._journal.drop(self._refreshes, pair)

    def forget_thread(self, thread_id: str) -> None:
        """Remove everything that could be used in a thread."""
        for token in [token for token in self._rows.values() if token.thread_id == thread_id]:
            self._remove(token)
        for pair in [pair for pair in self._refreshes if pair[1] == thread_id]:
            self._journal.drop(self._refreshes, pair)

    def drop_before(self, moment: datetime) -> int:
        batch = list(islice((row for row in self._rows.values() if _is_done(row, moment)), PRUNED_AT_ONCE))
        for token in batch:
            self._remove(token)
        return len(batch)

    def _close(self, token: ReplyToken) -> None:
        self._journal.put(self._rows, token.hash, token)
        self._journal.drop(self._open[token.thread_id, token.agent_id], token.hash)

    def _remove(self, token: ReplyToken) -> None:
        self._journal.drop(self._rows, token.hash)
        self._journal.drop(self._open[token.thread_id, token.agent_id], token.hash)


def _is_done(token: ReplyToken, moment: datetime) -> bool:
    if token.consumed_at is not None:
        return token.consumed_at < moment
    return token.agent_id is None and token.issued_at < moment


class MemoryAgents(AgentStore):
    def __init__(self, journal: Journal, tokens: MemoryTokens) -> None:
        self._journal = journal
        self._tokens = tokens
        self._rows: dict[str, Agent] = {}
        self._hashes: dict[str, str] = {}
        self._order: dict[str, int] = {}
        self._counter = count()

    def get(self, agent_id: str) -> Agent | None:
        return self._rows.get(agent_id)

    def by_token(self, token_hash: str) -> Agent | None:
        return self._rows.get(self._hashes.get(token_hash, ""))

    def by_name(self, name: str) -> Agent | None:
        agents = self.all()
        named = (agent for agent in agents if agent.name == name)
        displayed = (agent for agent in agents if name and agent.display_name == name)
        return next(named, None) or next(displayed, None)

    def all(self) -> list[Agent]:
        return sorted(self._rows.values(), key=lambda agent: (agent.registered_at, self._order[agent.id]))

    def add(self, agent: Agent, token_hash: str) -> None:
        if agent.id in self._rows or any(agent.name == known.name for known in self._rows.values()):
            raise Conflict("There is an agent of this id or name already.")
        self._put_hash(agent.id, token_hash)
        self._order[agent.id] = next(self._counter)
        stored = replace(
            agent, capabilities=copy_json(agent.capabilities), skills=copy_json(agent.skills), is_waiting=False
        )
        self._journal.put(self._rows, agent.id, stored)

    def update(self, agent: Agent) -> None:
        if agent.id in self._rows:
            changed = replace(
                self._rows[agent.id],
                description=agent.description,
                display_name=agent.display_name,
                alias_source=agent.alias_source,
                emoji=agent.emoji,
                capabilities=copy_json(agent.capabilities),
                skills=copy_json(agent.skills),
            )
            self._journal.put(self._rows, agent.id, changed)

    def touch(self, agent_id: str, activity: str, at: datetime, *, heartbeat: bool) -> bool:
        if (agent := self._rows.get(agent_id)) is None or agent.is_kicked:
            return False
        heard = at if heartbeat else agent.last_heartbeat
        touched = replace(agent, last_activity=activity, last_activity_time=at, last_heartbeat=heard)
        self._journal.put(self._rows, agent_id, touched)
        return True

    def set_token(self, agent_id: str, token_hash: str) -> None:
        if agent_id in self._rows:
            self._put_hash(agent_id, token_hash)

    def remove(self, agent_id: str) -> None:
        self._tokens.forget(agent_id)
        self._drop_hash(agent_id)
        self._journal.drop(self._rows, agent_id)

    def _put_hash(self, agent_id: str, token_hash: str) -> None:
        if self._hashes.get(token_hash, agent_id) != agent_id:
            raise Conflict("Another agent has this token.")
        self._drop_hash(agent_id)
        self._journal.put(self._hashes, token_hash, agent_id)

    def _drop_hash(self, agent_id: str) -> None:
        for token_hash in [token_hash for token_hash, owner in self._hashes.items() if owner == agent_id]:
            self._journal.drop(self._hashes, token_hash)
