"""Threads: create, find, list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agentchatbus.bus import bounds
from agentchatbus.bus.idempotency import Repeatable, fingerprint
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import joined, touch
from agentchatbus.bus.projection import project
from agentchatbus.bus.rights import require_member
from agentchatbus.bus.tokens import existing
from agentchatbus.clock import isoformat
from agentchatbus.errors import InvalidRequest
from agentchatbus.events import ThreadCreated, ThreadRead
from agentchatbus.model import (
    NO_METADATA,
    Administrator,
    Caller,
    Participant,
    Thread,
    ThreadDraft,
    ThreadSettings,
    TokenSource,
)
from agentchatbus.ports.queries import ThreadQuery
from agentchatbus.ports.results import ThreadOpened, ThreadOverview, ThreadPage
from agentchatbus.ports.storage import Transaction


class Threads:
    """The use cases around threads."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._hooks = parts.hooks
        self._tokens = parts.tokens
        self._clock = parts.clock
        self._settings = parts.settings

    async def create(self, draft: ThreadDraft, caller: Caller, *, key: str | None = None) -> ThreadOpened:
        bounds.check_thread(draft, self._settings)
        asked = fingerprint("thread_create", caller, draft)
        draft = await self.prepare(draft, caller)
        repeatable = Repeatable.of(caller, key, asked, self._clock.now())

        def first(tx: Transaction) -> ThreadOpened:
            thread, created = self.open(tx, draft, administrator(caller, repeatable.at))
            if created:
                touch(tx, caller, "thread_create", repeatable.at, heartbeat=True)
                joined(tx, thread.id, caller, 0, repeatable.at)
            return self._opened(tx, thread, caller, created=created)

        def again(tx: Transaction, answer: Mapping[str, Any]) -> ThreadOpened:
            thread = existing(tx, answer["thread_id"])
            return self._opened(tx, thread, caller, created=answer["created"])

        def work(tx: Transaction) -> ThreadOpened:
            return repeatable.once(tx, lambda: first(tx), lambda answer: again(tx, answer), _answer)

        return await self._storage.write(work)

    async def prepare(self, draft: ThreadDraft, caller: Caller) -> ThreadDraft:
        """Let the plugins change a draft, and check what they made of it."""
        prepared = await self._hooks.transform_thread(draft, caller)
        if draft.template_id is not None and prepared is draft:
            raise InvalidRequest("No active plugin knows templates; leave `template` out.", field="template")
        bounds.check_thread(prepared, self._settings)
        return prepared

    def open(self, tx: Transaction, draft: ThreadDraft, admin: Administrator | None) -> tuple[Thread, bool]:
        """Return the thread of the draft's topic, and whether it was created just now."""
        if thread := tx.threads.by_topic(draft.topic):
            return thread, False
        now = self._clock.now()
        thread = Thread(
            id=str(uuid4()),
            topic=draft.topic,
            created_at=now,
            metadata=draft.metadata or NO_METADATA,
            system_prompt=draft.system_prompt,
            template_id=draft.template_id,
            settings=ThreadSettings(creator_admin=admin),
        )
        tx.threads.add(thread)
        tx.events.append(ThreadCreated.of(thread), now)
        return thread, True

    async def get(self, thread_id: str) -> Thread:
        return await self._storage.read(lambda tx: existing(tx, thread_id))

    async def page(self, query: ThreadQuery, caller: Caller | None = None) -> ThreadPage:
        limit = query.limit
        wanted = replace(query, limit=limit + 1) if limit is not None else query

        def work(tx: Transaction) -> ThreadPage:
            found, total = tx.threads.page(wanted), tx.threads.count(query)
            threads = found if limit is None else found[:limit]
            return ThreadPage(
                threads=threads,
                total=total,
                next_cursor=encode_cursor(threads[-1], query) if len(found) > len(threads) and threads else None,
                overviews=overviews(tx, threads, caller) if caller else {},
            )

        return await self._storage.read(work)

    async def overview(self, thread_id: str, caller: Caller) -> ThreadOverview:
        return await self._storage.read(lambda tx: overviews(tx, [existing(tx, thread_id)], caller)[thread_id])

    async def mark_read(self, thread_id: str, seq: int, caller: Caller) -> None:
        def work(tx: Transaction) -> None:
            thread, now = existing(tx, thread_id), self._clock.now()
            read_seq, key = max(0, min(seq, thread.last_seq)), caller.seat
            participants = tx.participants.of([thread_id]).get(thread_id, ())
            if all(item.key != key or item.read_seq < read_seq for item in participants):
                joined(tx, thread_id, caller, read_seq, now)
                tx.events.append(ThreadRead(thread_id=thread_id, reader=key, read_seq=read_seq), now)

        require_member(caller, "say what you have read")
        await self._storage.write(work)

    def _opened(self, tx: Transaction, thread: Thread, caller: Caller, *, created: bool) -> ThreadOpened:
        # The answer carries no messages, so nothing counts as read, also in a thread that has some.
        sync = self._tokens.issue(tx, thread.id, caller.agent_id, TokenSource.THREAD_CREATE, 0)
        return ThreadOpened(thread=thread, created=created, sync=sync)


def administrator(caller: Caller, at: datetime) -> Administrator | None:
    """Return the caller as the administrator of a thread it creates; only agents are."""
    if caller.agent_id is None:
        return None
    return Administrator(agent_id=caller.agent_id, name=caller.display_name or caller.name, assigned_at=at)


def overviews(tx: Transaction, threads: Sequence[Thread], caller: Caller) -> dict[str, ThreadOverview]:
    """Return what a list shows of these threads, by their ids."""
    ids = [thread.id for thread in threads]
    newest, participants = tx.messages.newest(ids), tx.participants.of(ids)
    return {
        thread.id: ThreadOverview(
            last_message=project(newest[thread.id], caller) if thread.id in newest else None,
            participants=tuple(participants.get(thread.id, ())),
            unread=_unread(thread, participants.get(thread.id, ()), caller),
        )
        for thread in threads
    }


def _unread(thread: Thread, participants: Sequence[Participant], caller: Caller) -> int | None:
    own = next((item for item in participants if item.key == caller.seat), None)
    return max(0, thread.last_seq - own.read_seq) if own else None


def encode_cursor(thread: Thread, query: ThreadQuery) -> str:
    """Return where a page ended; time and id together, so that threads of one moment are not skipped."""
    moment = thread.active_at if query.by_activity else thread.created_at
    return base64.urlsafe_b64encode(f"{isoformat(moment)} {thread.id}".encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Read a cursor of `encode_cursor`, or the plain ISO time that clients of the old bus send.

    Raises:
        InvalidRequest: It is neither.
    """
    text, _, thread_id = cursor.partition(" ")
    try:
        if "T" not in cursor or not cursor[:4].isdigit():
            text, _, thread_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        # In a query string the "+" of an offset arrives as a space.
        offset = f"+{thread_id}" if thread_id[2:3] == ":" and len(thread_id) == 5 else ""
        moment = datetime.fromisoformat(text + offset)
        if moment.tzinfo is None:
            raise ValueError(cursor)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidRequest("Invalid 'before' cursor: must be an ISO datetime string", field="before") from None
    return moment, "" if offset else thread_id


def _answer(opened: ThreadOpened) -> Mapping[str, Any]:
    return {"thread_id": opened.thread.id, "created": opened.created}
