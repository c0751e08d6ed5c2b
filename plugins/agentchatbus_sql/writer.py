"""The one thread that writes.

It takes every request that waits, runs each in a savepoint of one transaction, commits once, and only then answers:
the cost of reaching the disk is shared by all who wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from agentchatbus.plugin_api import CommitListener, Event, Unavailable
from agentchatbus_sql import faults
from agentchatbus_sql.stores import Session, bind

logger = logging.getLogger(__name__)

T = TypeVar("T")

GROUP_LIMIT = 256
"""Units of work in one commit, so that the first of a long queue does not wait for all of it."""

IDLE_SECONDS = 1.0
"""How long nothing is asked before the log is copied back into the database."""


@dataclass(slots=True, eq=False)
class _Request:
    work: Callable[[Session], Any]
    future: asyncio.Future[Any]
    alone: bool = False
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.future.done():  # the caller was cancelled; its work is done all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Runs units of work on the writing connection, in the order in which they were asked for.

    The queue has no bound: each entry is a caller that waits for its answer, so whoever limits callers limits it,
    and a bound here would only move the wait.
    """

    def __init__(self, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listeners: list[CommitListener] = []
        self._appended: list[Event] = []
        self._session = bind(connection, self._appended)
        self._execute = connection.execute
        self._pending: list[_Request] = []
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closed = False
        self._has_log = False
        self._thread = threading.Thread(target=self._serve, name="agentchatbus-sqlite-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many units of work nobody has begun yet."""
        return len(self._pending) + self._queue.qsize()

    def listen(self, listener: CommitListener) -> None:
        """Tell `listener` of each commit."""
        self._listeners.append(listener)

    async def run(self, work: Callable[[Session], T]) -> T:
        """Run a unit of work and return its result once it is on disk.

        Raises:
            Unavailable: The writer stops, or cannot write.
        """
        return await self._ask(work, alone=False)

    async def run_alone(self, work: Callable[[Session], T]) -> T:
        """Run what cannot be part of a transaction, such as copying the log back; all others wait.

        Raises:
            Unavailable: The writer stops, or cannot write.
        """
        return await self._ask(work, alone=True)

    async def _ask(self, work: Callable[[Session], T], *, alone: bool) -> T:
        if self._closed:
            raise Unavailable("The storage is closed; nothing was stored. Try again when the bus runs.")
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._pending:
            # Both threads need the interpreter; the writer starts once the loop has done what was ready to run.
            self._loop.call_soon(self._hand_over)
        self._pending.append(_Request(work, future, alone))
        return await future

    def _hand_over(self) -> None:
        for request in self._pending:
            self._queue.put(request)
        self._pending.clear()

    def close(self) -> None:
        """Finish what was asked for, close the connection and end the thread."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        goes_on = True
        while goes_on:
            group, goes_on = self._next_group()
            if together := [request for request in group if not request.alone]:
                self._commit(together)
            for request in group:
                if request.alone:
                    self._run_alone(request)
        self._checkpoint("TRUNCATE")
        self._session.connection.close()

    def _next_group(self) -> tuple[list[_Request], bool]:
        """Wait for requests; return all that are there, and whether there can be more."""
        group: list[_Request] = []
        request = self._first()
        while request is not None:
            group.append(request)
            if len(group) == GROUP_LIMIT:
                return group, True
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _first(self) -> _Request | None:
        if self._has_log:
            try:
                return self._queue.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._checkpoint("PASSIVE")
        return self._queue.get()

    def _commit(self, group: list[_Request]) -> None:
        self._appended.clear()
        try:
            self._end_transaction()
            self._execute("BEGIN IMMEDIATE")
            run = self._run if len(group) > 1 else self._run_only
            for request in group:
                run(request)
            self._execute("COMMIT")
            self._has_log = True
        except (sqlite3.Error, MemoryError) as error:
            self._refuse(group, error)
        self._call_loop(tuple(self._appended), group)

    def _run(self, request: _Request) -> None:
        known = len(self._appended)
        self._execute("SAVEPOINT unit")
        try:
            request.result = faults.run(request.work, self._session)
        except BaseException as error:  # the thread outlives whatever a unit of work raises
            if not self._session.connection.in_transaction:  # SQLite gives up all of it when a disk is full
                raise sqlite3.OperationalError(str(error)) from error
            self._execute("ROLLBACK TO unit")
            request.error = faults.of_write(error) or error
            del self._appended[known:]
        self._execute("RELEASE unit")

    def _run_only(self, request: _Request) -> None:
        """Run the single unit of a commit: its savepoint would be the transaction."""
        try:
            request.result = faults.run(request.work, self._session)
        except BaseException as error:  # the thread outlives whatever a unit of work raises
            if not self._session.connection.in_transaction:
                raise sqlite3.OperationalError(str(error)) from error
            self._execute("ROLLBACK")
            self._execute("BEGIN")
            request.error = faults.of_write(error) or error
            self._appended.clear()

    def _run_alone(self, request: _Request) -> None:
        try:
            self._end_transaction()
            request.result = faults.run(request.work, self._session)
        except BaseException as error:  # the thread outlives whatever it is given
            request.error = faults.of_write(error) or error
        self._call_loop((), [request])

    def _refuse(self, group: list[_Request], error: Exception) -> None:
        logger.error("A commit of %d units of work failed: %s", len(group), error)
        self._appended.clear()
        for request in group:
            request.error = faults.of_commit(error)
        try:
            self._end_transaction()
        except sqlite3.Error:
            logger.exception("The failed commit could not be rolled back; the next one tries again")

    def _end_transaction(self) -> None:
        """Leave the transaction that a failed commit left open, if there is one."""
        if self._session.connection.in_transaction:
            self._execute("ROLLBACK")

    def _checkpoint(self, mode: str) -> None:
        self._has_log = False
        try:
            self._execute(f"PRAGMA wal_checkpoint({mode})")
        except sqlite3.Error as error:
            logger.warning("The write-ahead log stays for now: %s", error)

    def _call_loop(self, events: Sequence[Event], group: list[_Request]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._deliver, events, group)
        except RuntimeError:
            logger.warning("The event loop ended before %d writers got their answers", len(group))

    def _deliver(self, events: Sequence[Event], group: list[_Request]) -> None:
        if events:
            self._tell(events)
        for request in group:
            request.settle()

    def _tell(self, events: Sequence[Event]) -> None:
        for listener in self._listeners:
            try:
                listener(events)
            except Exception:
                logger.exception("A commit listener failed")
