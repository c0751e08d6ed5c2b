"""The life of a thread: states, closing, archive, renaming, deletion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from agentchatbus.bus import bounds
from agentchatbus.bus.messages import append, as_system, changeable
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.rights import require_lead, require_person, require_seat
from agentchatbus.bus.tokens import existing
from agentchatbus.errors import Conflict, NotFound
from agentchatbus.events import EventBody, ThreadDeleted, ThreadTimedOut, ThreadUpdated, ThreadWasClosed, of_status
from agentchatbus.model import Caller, MessageDraft, Thread, ThreadStatus, freeze
from agentchatbus.ports.results import Closed, DeletedThread
from agentchatbus.ports.storage import Transaction

Change = Callable[[Thread], tuple[Thread, list[EventBody]]]


class _Right(NamedTuple):
    """Who wants to change a thread, and what to call it in a refusal."""

    caller: Caller
    what: str


class Lifecycle:
    """The use cases that change what state a thread is in."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._waiting = parts.waiting
        self._clock = parts.clock
        self._settings = parts.settings

    async def set_status(self, thread_id: str, status: ThreadStatus, caller: Caller) -> Thread:
        may = _Right(caller, "change the thread's state")
        return await self._change(thread_id, may, lambda thread: self._moved(thread, status))

    async def close(self, thread_id: str, summary: str | None, caller: Caller) -> Closed:
        bounds.check_text("summary", summary or "", self._settings)
        was_closed = False

        def change(thread: Thread) -> tuple[Thread, list[EventBody]]:
            nonlocal was_closed
            was_closed = thread.status is ThreadStatus.CLOSED
            closed = replace(self._with_status(thread, ThreadStatus.CLOSED), summary=summary)
            return closed, [ThreadWasClosed.of(closed)]

        closed = await self._change(thread_id, _Right(caller, "close the thread"), change)
        return Closed(thread=closed, was_closed=was_closed)

    async def close_meeting(self, thread_id: str, summary: str | None, caller: Caller) -> Closed:
        bounds.check_text("summary", summary or "", self._settings)

        def work(tx: Transaction) -> Closed:
            thread, now = existing(tx, thread_id), self._clock.now()
            require_lead(caller, thread, "close a meeting")
            if thread.status is ThreadStatus.CLOSED:
                return Closed(thread=thread, was_closed=True)
            changeable(tx, thread_id, "does not accept new messages")
            append(tx, thread, as_system(_farewell(thread.id, caller, summary)), now)
            closed = replace(self._with_status(existing(tx, thread_id), ThreadStatus.CLOSED), summary=summary)
            tx.threads.update(closed)
            tx.events.append(ThreadWasClosed.of(closed), now)
            return Closed(thread=closed, was_closed=False)

        return await self._storage.write(work)

    async def time_out(self, thread_id: str, minutes: float, *, last_seq: int) -> Thread | None:
        def work(tx: Transaction) -> Thread | None:
            thread = tx.threads.get(thread_id)
            if thread is None or thread.status is not ThreadStatus.DISCUSS or thread.last_seq != last_seq:
                return None
            closed = self._with_status(thread, ThreadStatus.CLOSED)
            tx.threads.update(closed)
            tx.events.append(ThreadTimedOut.of(closed, minutes), self._clock.now())
            return closed

        return await self._storage.write(work)

    async def archive(self, thread_id: str, caller: Caller) -> Thread:
        return await self.set_status(thread_id, ThreadStatus.ARCHIVED, caller)

    async def unarchive(self, thread_id: str, caller: Caller) -> Thread:
        def change(thread: Thread) -> tuple[Thread, list[EventBody]]:
            if thread.status is not ThreadStatus.ARCHIVED:
                return thread, []
            return self._moved(thread, thread.archived_from or ThreadStatus.DISCUSS)

        return await self._change(thread_id, _Right(caller, "bring the thread back"), change)

    async def rename(self, thread_id: str, topic: str, caller: Caller) -> Thread:
        bounds.check_topic(topic, self._settings)

        def work(tx: Transaction) -> Thread:
            thread = existing(tx, thread_id)
            require_lead(caller, thread, "rename a thread")
            if topic == thread.topic:
                return thread
            if tx.threads.by_topic(topic) is not None:
                raise Conflict(f"There is a thread with the topic '{topic}' already.", field="topic")
            renamed = replace(thread, topic=topic)
            tx.threads.update(renamed)
            tx.events.append(ThreadUpdated.of(renamed), self._clock.now())
            return renamed

        return await self._storage.write(work)

    async def delete(self, thread_id: str, caller: Caller) -> DeletedThread:
        require_person(caller, "delete a thread")

        def work(tx: Transaction) -> DeletedThread:
            thread = existing(tx, thread_id)
            deleted = DeletedThread(thread_id=thread.id, topic=thread.topic, message_count=thread.message_count)
            tx.threads.remove(thread.id)
            body = ThreadDeleted(thread_id=thread.id, topic=thread.topic, message_count=thread.message_count)
            tx.events.append(body, self._clock.now())
            return deleted

        deleted = await self._storage.write(work)
        self._waiting.end_all(thread_id, NotFound("Thread not found", kind="thread", id=thread_id))
        return deleted

    async def _change(self, thread_id: str, right: _Right, change: Change) -> Thread:
        def work(tx: Transaction) -> Thread:
            before = existing(tx, thread_id)
            require_seat(tx, right.caller, before, right.what)
            thread, bodies = change(before)
            if bodies:
                tx.threads.update(thread)
            for body in bodies:
                tx.events.append(body, self._clock.now())
            return thread

        return await self._storage.write(work)

    def _moved(self, thread: Thread, status: ThreadStatus) -> tuple[Thread, list[EventBody]]:
        moved = self._with_status(thread, status)
        return moved, of_status(moved, thread.status) if status is not thread.status else []

    def _with_status(self, thread: Thread, status: ThreadStatus) -> Thread:
        """Return the thread with another status; an archived one remembers all it had before."""
        if status is ThreadStatus.ARCHIVED:
            before = thread.archived_from if thread.status is status else thread.status
            return replace(thread, status=status, archived_from=before)
        closed_at = (thread.closed_at or self._clock.now()) if status is ThreadStatus.CLOSED else None
        return replace(thread, status=status, archived_from=None, closed_at=closed_at)


def _farewell(thread_id: str, caller: Caller, summary: str | None) -> MessageDraft:
    name = caller.display_name or caller.name or caller.kind
    text = f"{name} closed this meeting." + (f" Summary: {summary}" if summary else "")
    metadata = {"ui_type": "meeting_closed", "event": "meeting_closed", "closed_by": caller.agent_id or caller.name}
    return MessageDraft(thread_id=thread_id, content=text, metadata=freeze(metadata))
