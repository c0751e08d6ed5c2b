"""Gives up what nobody waits for any more: a wait whose client has hung up ends."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from agentchatbus_rest.http import ClientGone, Receive

PATIENCE = 0.25
"""Seconds until the connection is watched: most answers are there long before, and are spared the cost."""


async def until_gone(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


class WhileHere:
    """A block that is cancelled when the client hangs up, and then raises `ClientGone`."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._is_gone = False

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - coroutines run in tasks
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._watch)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._is_gone and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise ClientGone from None

    def _watch(self) -> None:
        self._watcher = asyncio.create_task(until_gone(self._receive))
        self._watcher.add_done_callback(self._give_up)

    def _give_up(self, watcher: asyncio.Task[None]) -> None:
        if not watcher.cancelled():
            self._is_gone = True
            self._task.cancel()
