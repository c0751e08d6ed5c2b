"""Reading beside the writer: a few connections that cannot write, each used by one thread at a time."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agentchatbus.plugin_api import Unavailable
from agentchatbus_sql import faults
from agentchatbus_sql.stores import Session, bind

T = TypeVar("T")


class Readers:
    """A pool of one thread a connection; what comes faster than it is read waits in the pool's queue."""

    def __init__(self, connections: Sequence[sqlite3.Connection], loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._idle: queue.SimpleQueue[Session] = queue.SimpleQueue()
        for connection in connections:
            self._idle.put(bind(connection, []))
        self._pool = ThreadPoolExecutor(len(connections), thread_name_prefix="agentchatbus-sqlite-reader")
        self._closed = False

    async def run(self, work: Callable[[Session], T]) -> T:
        """Run a unit of work that only reads, on one snapshot.

        Raises:
            Unavailable: The pool is closed, or the disk does not answer.
        """
        if self._closed:
            raise Unavailable("The storage is closed. Try again when the bus runs.")
        return await self._loop.run_in_executor(self._pool, self._read, work)

    def close(self) -> None:
        """Finish what was asked for; the connections are then nobody's."""
        self._closed = True
        self._pool.shutdown(wait=True)

    def _read(self, work: Callable[[Session], T]) -> T:
        session = self._idle.get_nowait()  # there are as many sessions as threads
        try:
            return _on_snapshot(work, session)
        except sqlite3.Error as error:
            if unavailable := faults.of_read(error):
                raise unavailable from error
            raise
        finally:
            self._idle.put(session)


def _on_snapshot(work: Callable[[Session], T], session: Session) -> T:
    connection = session.connection
    if connection.in_transaction:  # the end of the last one failed
        connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    try:
        return faults.run(work, session)
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")
