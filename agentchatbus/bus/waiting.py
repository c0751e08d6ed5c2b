"""Waiting: a client holds a cursor, the bus holds one signal for it and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from agentchatbus.bus.announcing import Announcer
from agentchatbus.bus.presence import joined, touch
from agentchatbus.bus.projection import project_all
from agentchatbus.bus.tokens import ReplyTokens, existing
from agentchatbus.clock import Clock, isoformat
from agentchatbus.errors import BusError
from agentchatbus.events import Event, WaitEnded, WaitStarted
from agentchatbus.fanout import Fanout
from agentchatbus.model import Caller, Message, SyncContext, TokenSource, WaitState
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.results import PastWait, WaitHistory, WaitOutcome, WaitRequest
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage, Transaction

HISTORY_TYPES = (WaitStarted.type, WaitEnded.type)
HISTORY_EVENTS = 20_000
HISTORY_LIMIT = 2_000
"""How much of the log is looked through for past waits, in events of the bus and in those of the thread."""

BATCH = 100
"""Messages that one wait delivers at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look at the thread found."""

    messages: Sequence[Message]
    is_woken: bool
    last_seq: int
    has_token: bool
    must_refresh: bool

    @property
    def seen(self) -> int:
        """The seq up to which a caller that gets these messages has read."""
        return self.messages[-1].seq if len(self.messages) == BATCH else self.last_seq


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A wait that is blocked right now."""

    thread_id: str
    state: WaitState | None
    signal: asyncio.Event
    ended_by: BusError | None = None
    is_announced: bool = False
    reason: str | None = None


class Waiting:
    """The use case of waiting."""

    def __init__(
        self,
        storage: Storage,
        fanout: Fanout,
        tokens: ReplyTokens,
        announcer: Announcer,
        clock: Clock,
        settings: BusSettings,
    ) -> None:
        self._storage = storage
        self._fanout = fanout
        self._tokens = tokens
        self._announcer = announcer
        self._clock = clock
        self._settings = settings
        self._blocked: dict[int, _Entry] = {}

    async def wait(self, request: WaitRequest, caller: Caller) -> WaitOutcome:
        watcher = None if caller.sees_human_only else caller.agent_id
        watching = self._fanout.watch(request.thread_id, watcher)
        with watching as signal, self._blocking(request, caller, signal) as entry:
            first = look = await self._look(request, caller)
            # A cursor beyond the thread's end, say of a restored database, must still hear what comes.
            request = replace(request, after_seq=min(request.after_seq, first.last_seq))
            reason = self._at_once(first, request, caller)
            deadline = self._clock.monotonic() + self._timeout(request) / 1000
            if reason is None:
                self._announce(entry)
            while reason is None:
                is_woken = await self._clock.wait_for(signal, deadline - self._clock.monotonic())
                signal.clear()
                if entry.ended_by:
                    raise entry.ended_by
                look = await self._look(request, caller)
                reason = self._reason(look, is_woken=is_woken)
            entry.reason = reason
        return await self._leave(request, caller, first, look, entry)

    def states(self) -> Sequence[WaitState]:
        return [entry.state for entry in self._blocked.values() if entry.state is not None]

    async def history(self, thread_id: str) -> WaitHistory:
        def work(tx: Transaction) -> WaitHistory:
            existing(tx, thread_id)
            lowest, newest = tx.events.bounds()
            after = max(0, newest - HISTORY_EVENTS)
            events = tx.events.of_thread(thread_id, HISTORY_TYPES, after=after, limit=HISTORY_LIMIT)
            is_complete = lowest <= 1 and after == 0 and len(events) < HISTORY_LIMIT
            return WaitHistory(waits=past_waits(events), is_complete=is_complete)

        return await self._storage.read(work)

    def waiting_agents(self) -> frozenset[str]:
        """Return the ids of the agents that are blocked in some wait."""
        return frozenset(state.agent_id for state in self.states())

    def end(self, agent_id: str, why: BusError) -> Sequence[str]:
        """End the agent's waits with an error, and return the ids of their threads."""
        entries = [entry for entry in self._blocked.values() if entry.state and entry.state.agent_id == agent_id]
        for entry in entries:
            entry.ended_by = why
            entry.signal.set()
        return [entry.state.thread_id for entry in entries if entry.state]

    def end_all(self, thread_id: str, why: BusError) -> None:
        """End every wait in a thread with an error."""
        for entry in self._blocked.values():
            if entry.thread_id == thread_id:
                entry.ended_by = why
                entry.signal.set()

    def posted(self, agent_id: str, thread_id: str) -> None:
        """Show the agent as waiting in the thread no more: it has just posted there."""
        for entry in self._blocked.values():
            state = entry.state
            if state and (state.agent_id, state.thread_id) == (agent_id, thread_id):
                self._announce_end(entry, "posted")
                entry.state = None

    @contextmanager
    def _blocking(self, request: WaitRequest, caller: Caller, signal: asyncio.Event) -> Iterator[_Entry]:
        """Count the caller as waiting for as long as the context lasts."""
        state = None
        if caller.agent_id is not None:
            state = WaitState(
                thread_id=request.thread_id,
                agent_id=caller.agent_id,
                entered_at=self._clock.now(),
                timeout_ms=self._timeout(request),
                waiting_for=request.waiting_for,
                call_id=uuid4().hex,
            )
        entry = _Entry(thread_id=request.thread_id, state=state, signal=signal)
        self._blocked[id(entry)] = entry
        try:
            yield entry
        finally:
            del self._blocked[id(entry)]
            if entry.reason is None:
                self._announce_end(entry, "gone")

    def _announce(self, entry: _Entry) -> None:
        """Tell everybody that somebody blocks; called once it is known that it does."""
        entry.is_announced = entry.state is not None
        if (state := entry.state) is not None:
            self._announcer.tell_of(lambda tx: _started(tx, state))

    def _announce_end(self, entry: _Entry, reason: str) -> None:
        state = entry.state
        if entry.is_announced and state is not None:
            entry.is_announced = False
            body = WaitEnded(thread_id=state.thread_id, agent_id=state.agent_id, reason=reason, read_seq=None)
            self._announcer.tell_of(lambda tx: body if tx.threads.get(body.thread_id) else None)

    async def _look(self, request: WaitRequest, caller: Caller) -> _Look:
        agent_id = caller.agent_id

        def work(tx: Transaction) -> _Look:
            thread = existing(tx, request.thread_id)
            query = MessageQuery(
                thread_id=thread.id,
                after_seq=request.after_seq,
                limit=BATCH,
                handoff_target=request.for_agent,
            )
            messages = tx.messages.page(query) if thread.last_seq > request.after_seq else ()
            return _Look(
                messages=messages,
                is_woken=_wake(messages, caller),
                last_seq=thread.last_seq,
                has_token=agent_id is not None and bool(tx.tokens.open_of(thread.id, agent_id)),
                must_refresh=agent_id is not None and tx.tokens.refresh_requested(thread.id, agent_id),
            )

        return await self._storage.read(work)

    def _at_once(self, look: _Look, request: WaitRequest, caller: Caller) -> str | None:
        """Return why this wait does not block, or None."""
        if reason := self._reason(look, is_woken=True):
            return reason
        is_behind = caller.is_agent and not look.has_token and request.after_seq < look.last_seq
        if look.must_refresh or is_behind:
            return "refresh"
        return "timeout" if request.timeout_ms is not None and request.timeout_ms <= 0 else None

    def _reason(self, look: _Look, *, is_woken: bool) -> str | None:
        if look.is_woken:
            return "messages"
        if self._fanout.closed:
            return "shutdown"
        return None if is_woken else "timeout"

    async def _leave(
        self, request: WaitRequest, caller: Caller, first: _Look, look: _Look, entry: _Entry
    ) -> WaitOutcome:
        reason = entry.reason or "timeout"

        def work(tx: Transaction) -> SyncContext:
            sync = self._context(tx, request, caller, look, is_unchanged=look.last_seq == first.last_seq)
            if caller.agent_id is not None:
                self._record(tx, caller, delivered=reason == "messages")
                tx.tokens.clear_refresh(request.thread_id, caller.agent_id)
                joined(tx, request.thread_id, caller, sync.current_seq, self._clock.now())
                if entry.is_announced:
                    tx.events.append(_ended(request.thread_id, caller.agent_id, reason, sync), self._clock.now())
            return sync

        sync = await self._storage.write(work)
        return WaitOutcome(messages=project_all(look.messages, caller), sync=sync, reason=reason)

    def _context(
        self, tx: Transaction, request: WaitRequest, caller: Caller, look: _Look, *, is_unchanged: bool
    ) -> SyncContext:
        source = TokenSource.MSG_WAIT
        if caller.agent_id is not None and not look.messages and is_unchanged:
            return self._tokens.keep_or_issue(tx, request.thread_id, caller.agent_id, source, look.seen)
        return self._tokens.reissue(tx, request.thread_id, caller.agent_id, source, look.seen)

    def _record(self, tx: Transaction, caller: Caller, *, delivered: bool) -> None:
        activity = "msg_received" if delivered else "msg_wait"
        touch(tx, caller, activity, self._clock.now(), heartbeat=not delivered)

    def _timeout(self, request: WaitRequest) -> int:
        """Return for how many milliseconds to block."""
        if request.timeout_ms is None:
            return self._settings.wait_timeout_seconds * 1000
        return max(request.timeout_ms, self._settings.wait_min_timeout_ms, 0)


def _started(tx: Transaction, state: WaitState) -> WaitStarted | None:
    """Record that an agent waits, so that it does not count as at work should its client go away."""
    is_known = tx.agents.touch(state.agent_id, "msg_wait", state.entered_at, heartbeat=True)
    return WaitStarted.of(state) if is_known else None


def past_waits(events: Sequence[Event]) -> list[PastWait]:
    """Return the waits that began and ended among the events of one thread, in the order in which they ended."""
    begun: dict[str, Event] = {}
    waits = []
    for event in events:
        agent_id = event.payload["agent_id"]
        if event.type == WaitStarted.type:
            begun[agent_id] = event
        elif (start := begun.pop(agent_id, None)) is not None:
            waits.append(
                PastWait(
                    agent_id=agent_id,
                    since=start.payload["entered_at"],
                    until=isoformat(event.created_at),
                    reason=event.payload["reason"],
                    waiting_for=tuple(start.payload["waiting_for"]),
                )
            )
    return waits


def _wake(messages: Sequence[Message], caller: Caller) -> bool:
    """Return whether a caller is to be told of these messages now; a full batch never waits for more."""
    if caller.sees_human_only or len(messages) == BATCH:
        return bool(messages)
    return any(message.wakes(caller.agent_id) for message in messages)


def _ended(thread_id: str, agent_id: str, reason: str, sync: SyncContext) -> WaitEnded:
    return WaitEnded(thread_id=thread_id, agent_id=agent_id, reason=reason, read_seq=sync.current_seq)
