"""Running the server, and ending it in the right order.

uvicorn waits for open connections before anything else ends. Waits and streams stay open for minutes, so they are told
first that the bus stops; then their connections close by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, cast

import uvicorn

from agentchatbus.config import Config
from agentchatbus.fanout import Fanout
from agentchatbus.ports.transport import HttpTransport
from agentchatbus.server.dispatch import Dispatcher
from agentchatbus.server.guard import Guard
from agentchatbus.server.sockets import BACKLOG

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open; longer than clients keep theirs, so that none is closed under a request."""

TICKS_A_SWEEP = 100
"""How seldom the server looks for clients that went silent, in ticks of uvicorn's, of which ten are a second."""

BODY_GRACE = 0.2
"""Seconds that the rest of a request has to arrive once the server stops."""


class _Server(uvicorn.Server):
    """uvicorn without its own handling of signals, which stops things in another order."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_SWEEP == 0:
            self._close_silent()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        dropping = asyncio.get_running_loop().call_later(BODY_GRACE, self._drop_unfinished)
        try:
            await super().shutdown(sockets)
        finally:
            dropping.cancel()

    def _close_silent(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            if close_if_silent := getattr(connection, "close_if_silent", None):
                close_if_silent(now)

    def _drop_unfinished(self) -> None:
        """Close the connections on which nobody waits for an answer: idle ones, and those of half a request."""
        for connection in list(self.server_state.connections):
            cycle = cast("Any", connection).cycle
            if cycle is not None and cycle.more_body:
                connection.transport.close()
            else:
                connection.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the fastest event loop there is; None for the standard one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def serve(
    config: Config,
    transports: Sequence[HttpTransport],
    feed: Fanout,
    listener: socket.socket,
    *,
    on_ready: Callable[[], None] = lambda: None,
    stop_requested: asyncio.Event | None = None,
) -> None:
    """Serve the transports until a signal ends it, or somebody asks for it.

    The first SIGINT or SIGTERM ends waits and streams and lets requests finish; the second one cancels them.

    Args:
        config: For hosts, origins and limits.
        transports: The ways in; whoever composed the bus holds their lifespans.
        feed: Closed when the server begins to stop.
        listener: A listening socket, which is closed at the end.
        on_ready: Called once requests are answered.
        stop_requested: Once it is set the server stops as after a first signal.
    """
    dispatcher = Dispatcher(transports)
    limit = config.limits.max_body_bytes
    guard = Guard(dispatcher, config.server, max_body_bytes=limit, body_limit=dispatcher.body_limit)
    server = _Server(_uvicorn_config(guard, config), on_ready)

    def stop() -> None:
        feed.close()
        for transport in transports:
            _stop_transport(transport)
        server.should_exit = True

    with contextlib.closing(listener), _signals(stop):
        async with _asked(stop_requested, stop):
            await server.serve(sockets=[listener])


def tune_garbage_collection() -> None:
    """Never look again at what the start has loaded, and seldom at the rest: full collections are felt as delays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 1_000)


def _uvicorn_config(guard: Guard, config: Config) -> uvicorn.Config:
    return uvicorn.Config(
        guard,
        http=_protocol(),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=config.server.access_log,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=config.server.shutdown_grace_seconds,
    )


def _protocol() -> type[asyncio.Protocol] | Literal["auto"]:
    """Return what bounds the requests of one connection; where httptools is missing uvicorn's other parser does."""
    try:
        from agentchatbus.server.protocol import Connection
    except ImportError:
        return "auto"
    return Connection


@asynccontextmanager
async def _asked(stop_requested: asyncio.Event | None, stop: Callable[[], None]) -> AsyncIterator[None]:
    """Call `stop` once it is asked for."""

    async def watch() -> None:
        if stop_requested is not None:
            await stop_requested.wait()
            stop()

    task = asyncio.create_task(watch(), name="stop on request")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _stop_transport(transport: HttpTransport) -> None:
    try:
        transport.stop()
    except BaseException:  # raised in a callback of the loop, it would end the loop
        logger.exception("Transport %s failed when it was told to stop", transport.name)


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first signal and cancel the caller's task at the next one."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    received: list[None] = []

    def on_signal() -> None:
        received.append(None)
        if len(received) == 1:
            stop()
        elif task is not None:
            task.cancel()

    restores = [_handle(loop, number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for restore in restores:
            restore()


def _handle(loop: asyncio.AbstractEventLoop, number: int, handler: Callable[[], None]) -> Callable[[], object]:
    """Handle a signal on the loop; return what undoes it."""
    before = signal.getsignal(number)
    try:
        loop.add_signal_handler(number, handler)
    except NotImplementedError:  # Windows
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(handler))
        return lambda: signal.signal(number, before)

    def restore() -> None:
        loop.remove_signal_handler(number)
        signal.signal(number, before)

    return restore
