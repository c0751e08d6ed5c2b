"""Loading the SDK beside the start of the server: it takes a second, and the first requests may not be MCP at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from agentchatbus_mcp.requests import Receive, Scope, Send, plain_response

logger = logging.getLogger(__name__)

HEAD_START = 0.3
"""Seconds that the rest of the server has to start before the import slows it down."""


class Loaded(Protocol):
    """What is loaded: an application that has to be held open."""

    def running(self) -> AbstractAsyncContextManager[None]: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def stop(self) -> None: ...


class LateApp:
    """An ASGI application whose first requests wait until it is loaded."""

    def __init__(self, load: Callable[[], Loaded]) -> None:
        """Load later.

        Args:
            load: Imports and builds the application; called on a thread of its own.
        """
        self._load = load
        self._loaded: Loaded | None = None
        self._is_wanted = asyncio.Event()
        self._is_decided = asyncio.Event()
        self._is_ending = asyncio.Event()
        self._is_stopped = False

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Load, and hold open what was loaded; its own task enters and leaves it, as the SDK demands."""
        task = asyncio.create_task(self._hold())
        try:
            yield
        finally:
            self._is_ending.set()
            self._is_wanted.set()
            await task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._is_wanted.set()
        await self._is_decided.wait()
        if self._loaded is None or self._is_stopped or self._is_ending.is_set():
            await plain_response(send, 503, "MCP is not available.")
        else:
            await self._loaded(scope, receive, send)

    def stop(self) -> None:
        """End open streams; requests that still wait for the first one are answered without it."""
        if self._loaded is not None:
            self._loaded.stop()
        else:
            self._is_stopped = True
            self._is_decided.set()

    async def _hold(self) -> None:
        try:
            await self._until_wanted()
            if self._is_ending.is_set():
                return
            loaded = await asyncio.to_thread(self._load)
            async with loaded.running():
                self._loaded = loaded
                self._is_decided.set()
                await self._is_ending.wait()
        except Exception:
            logger.exception("MCP could not be started")
        finally:
            self._is_decided.set()

    async def _until_wanted(self) -> None:
        """Wait for the first request, but not for long: it should not have to wait for the import either."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HEAD_START):
                await self._is_wanted.wait()
