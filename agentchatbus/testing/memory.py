"""Storage in memory, with the behaviour of a real one: units of work, events after the commit, frozen values."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from agentchatbus.errors import Unavailable
from agentchatbus.events import Event
from agentchatbus.ports.storage import CommitListener, Storage, StorageContext, StorageOffer, Transaction
from agentchatbus.testing.memory_agents import MemoryAgents, MemoryTokens
from agentchatbus.testing.memory_journal import Journal
from agentchatbus.testing.memory_log import MemoryAnswers, MemoryDocuments, MemoryEvents
from agentchatbus.testing.memory_people import MemoryAccess, MemoryParticipants, MemoryReactions
from agentchatbus.testing.memory_threads import MemoryMessages, MemoryThreads

logger = logging.getLogger(__name__)

T = TypeVar("T")


class MemoryStorage(Storage):
    """Keeps everything in dictionaries; a unit of work that fails is undone step by step.

    As in a real storage, a write is queued first and answered later, so callers that are cancelled in between meet
    the same consequences.
    """

    def __init__(self) -> None:
        self._journal = Journal()
        self._listeners: list[CommitListener] = []
        self._closed = False
        threads = MemoryThreads(self._journal)
        messages = MemoryMessages(self._journal, threads)
        self._tokens = MemoryTokens(self._journal, threads)
        self._events = MemoryEvents(self._journal)
        self._answers = MemoryAnswers(self._journal)
        threads.on_removal += [self._tokens.forget_thread, self._events.forget]
        self._transaction = Transaction(
            threads=threads,
            messages=messages,
            reactions=MemoryReactions(self._journal, messages),
            participants=MemoryParticipants(self._journal, threads),
            agents=MemoryAgents(self._journal, self._tokens),
            access=MemoryAccess(self._journal),
            tokens=self._tokens,
            events=self._events,
            answers=self._answers,
            documents=MemoryDocuments(self._journal),
        )

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self._require_open()
        await asyncio.sleep(0)
        return work(self._transaction)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        self._require_open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        loop.call_soon(self._commit, work, future)
        return await future

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    async def prune(self, *, events_before: datetime, tokens_before: datetime, answers_before: datetime) -> int:
        return await self.write(
            lambda _: (
                self._events.drop_before(events_before)
                + self._tokens.drop_before(tokens_before)
                + self._answers.drop_before(answers_before)
            )
        )

    async def close(self) -> None:
        """Let queued writes end and refuse later ones."""
        self._closed = True
        await asyncio.sleep(0)

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("The storage is closed; nothing was stored. Try again when the bus runs.")

    def _commit(self, work: Callable[[Transaction], T], future: asyncio.Future[T]) -> None:
        known = self._events.newest
        try:
            with self._journal.unit():
                result = work(self._transaction)
        except StopIteration as error:
            _settle(future, error=RuntimeError(f"A unit of work raised {error!r}."))
        except BaseException as error:  # whatever a unit of work raises belongs to its caller
            _settle(future, error=error)
        else:
            self._tell(self._events.after(known, self._events.newest - known))
            _settle(future, result)

    def _tell(self, events: list[Event]) -> None:
        for listener in self._listeners if events else ():
            try:
                listener(events)
            except Exception:
                logger.exception("A commit listener failed")


def _settle(future: asyncio.Future[T], result: T | None = None, error: BaseException | None = None) -> None:
    if future.done():  # the caller was cancelled; its work is done all the same
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]


def memory_offer() -> StorageOffer:
    """Return a backend named ``memory``; each opening starts empty."""
    return StorageOffer(name="memory", open=_open, location="memory")


@asynccontextmanager
async def _open(context: StorageContext) -> AsyncIterator[Storage]:  # noqa: ARG001
    storage = MemoryStorage()
    try:
        yield storage
    finally:
        await storage.close()
