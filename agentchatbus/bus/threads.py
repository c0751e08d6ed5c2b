"""Threads: create, find, list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agentchatbus.bus import bounds
from agentchatbus.bus.idempotency import Repeatable, fingerprint
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import touch
from agentchatbus.bus.tokens import existing
from agentchatbus.clock import isoformat
from agentchatbus.errors import InvalidRequest
from agentchatbus.events import ThreadCreated
from agentchatbus.model import Administrator, Caller, Thread, ThreadDraft, ThreadSettings, TokenSource
from agentchatbus.ports.results import ThreadOpened, ThreadPage
from agentchatbus.ports.storage import Transaction
from agentchatbus.ports.stores import ThreadQuery


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
            return self._opened(tx, thread, caller, created=created)

        def again(tx: Transaction, answer: Mapping[str, Any]) -> ThreadOpened:
            thread = existing(tx, answer["thread_id"])
            return self._opened(tx, thread, caller, created=answer["created"])

        def work(tx: Transaction) -> ThreadOpened:
            return repeatable.once(tx, lambda: first(tx), lambda answer: again(tx, answer), _answer)

        return await self._storage.write(work)

    async def prepare(self, draft: ThreadDraft, caller: Caller) -> ThreadDraft:
        """Let the plugins change a draft, and check what they made of it."""
        draft = await self._hooks.transform_thread(draft, caller)
        bounds.check_thread(draft, self._settings)
        return draft

    def open(self, tx: Transaction, draft: ThreadDraft, admin: Administrator | None) -> tuple[Thread, bool]:
        """Return the thread of the draft's topic, and whether it was created just now."""
        if thread := tx.threads.by_topic(draft.topic):
            return thread, False
        now = self._clock.now()
        thread = Thread(
            id=str(uuid4()),
            topic=draft.topic,
            created_at=now,
            metadata=draft.metadata,
            system_prompt=draft.system_prompt,
            template_id=draft.template_id,
            settings=ThreadSettings(creator_admin=admin),
        )
        tx.threads.add(thread)
        tx.events.append(ThreadCreated.of(thread), now)
        return thread, True

    async def get(self, thread_id: str) -> Thread:
        return await self._storage.read(lambda tx: existing(tx, thread_id))

    async def page(self, query: ThreadQuery) -> ThreadPage:
        limit = query.limit
        wanted = replace(query, limit=limit + 1) if limit is not None else query

        def work(tx: Transaction) -> tuple[list[Thread], int]:
            return tx.threads.page(wanted), tx.threads.count(query)

        threads, total = await self._storage.read(work)
        if limit is None or len(threads) <= limit:
            return ThreadPage(threads=threads, total=total, next_cursor=None)
        return ThreadPage(threads=threads[:limit], total=total, next_cursor=encode_cursor(threads[limit - 1]))

    def _opened(self, tx: Transaction, thread: Thread, caller: Caller, *, created: bool) -> ThreadOpened:
        # The answer carries no messages, so nothing counts as read, also in a thread that has some.
        sync = self._tokens.issue(tx, thread.id, caller.agent_id, TokenSource.THREAD_CREATE, 0)
        return ThreadOpened(thread=thread, created=created, sync=sync)


def administrator(caller: Caller, at: datetime) -> Administrator | None:
    """Return the caller as the administrator of a thread it creates; only agents are."""
    if caller.agent_id is None:
        return None
    return Administrator(agent_id=caller.agent_id, name=caller.display_name or caller.name, assigned_at=at)


def encode_cursor(thread: Thread) -> str:
    """Return where a page ended; time and id together, so that threads of one moment are not skipped."""
    return base64.urlsafe_b64encode(f"{isoformat(thread.created_at)} {thread.id}".encode()).decode()


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
