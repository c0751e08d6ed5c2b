"""The stream of events: each client holds a cursor on the event log, and the server holds no queue for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from agentchatbus.plugin_api import (
    Bus,
    Caller,
    Credentials,
    Event,
    InvalidRequest,
    Unauthenticated,
    Unavailable,
    visible_event,
)
from agentchatbus_rest.attention import until_gone
from agentchatbus_rest.frames import Frames, keep_alive, opening, passing, resync
from agentchatbus_rest.http import Answer, Inbound, Receive, Send, encode
from agentchatbus_rest.sessions import session_of
from agentchatbus_rest.settings import RestSettings

logger = logging.getLogger(__name__)

BATCH = 100
BATCH_BYTES = 256 * 1024
"""Events that are sent in one piece, and its size: all that a client that does not read holds in the server."""

TO_EVERYBODY = frozenset({"thread.deleted"})
"""Events that pass every filter: this one belongs to no thread any more."""

OF_RIGHTS = frozenset({"agent.kicked", "agent.offline", "token.revoked"})
"""Events after which somebody may have to be shown the door."""

FAREWELL_SECONDS = 0.5
MAX_DIGITS = 18
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What one client asked for.

    Attributes:
        credentials: What proved who it is.
        caller: Who it is.
        cursor: The last event it has seen.
        is_lost: Whether the client's own cursor means nothing here, so that it has to read anew.
        thread_ids: The threads whose events it wants; empty for all events.
    """

    credentials: Credentials
    caller: Caller
    cursor: int
    is_lost: bool
    thread_ids: frozenset[str]

    def wants(self, event: Event) -> bool:
        """Return whether the client wants this event."""
        return not self.thread_ids or event.thread_id in self.thread_ids or event.type in TO_EVERYBODY


class EventStreams:
    """All open streams of one bus."""

    def __init__(self, bus: Bus, settings: RestSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._frames = Frames()
        self._pumps: set[asyncio.Task[None]] = set()
        self.count = 0

    async def open(self, inbound: Inbound) -> Stream:
        """Begin a stream.

        Raises:
            Unauthenticated: The bus asks for a token, and there is none.
            InvalidRequest: The cursor in the query is no number.
            Unavailable: There are as many streams as there may be.
        """
        credentials = session_of(inbound, self._bus.settings).credentials
        subscription = self._subscription(inbound, credentials, await self._bus.identify(credentials))
        if self.count >= self._settings.max_streams:
            raise Unavailable(f"There are already {self.count} streams of events, as many as there may be.")
        self.count += 1  # given back by Stream.send, which follows without a pause
        return Stream(self, subscription)

    async def status(self, inbound: Inbound) -> Answer:
        """Say how many streams are open."""
        await self._bus.identify(session_of(inbound, self._bus.settings).credentials)
        return Answer(200, encode({"subscribers": self.count}))

    def stop(self) -> None:
        """End every stream, also those whose clients do not read."""
        for pump in self._pumps:
            pump.cancel()

    async def run(self, subscription: Subscription, receive: Receive, send: Send) -> bool:
        """Send events until the client goes or the bus stops; return whether the client is still there."""
        pump = asyncio.create_task(self._pump(subscription, send))
        gone = asyncio.create_task(until_gone(receive))
        self._pumps.add(pump)
        try:
            await asyncio.wait((pump, gone), return_when=asyncio.FIRST_COMPLETED)
            return not gone.done()
        finally:
            self._pumps.discard(pump)
            pump.cancel()
            gone.cancel()
            await asyncio.gather(pump, gone, return_exceptions=True)

    async def _pump(self, subscription: Subscription, send: Send) -> None:
        try:
            async with aclosing(self._pieces(subscription)) as pieces:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except Unauthenticated:
            logger.debug("A stream of events ended because its client lost its rights")
        except Exception:
            logger.exception("A stream of events failed")

    async def _pieces(self, subscription: Subscription) -> AsyncGenerator[bytes]:
        feed, clock, silence = self._bus.feed, self._bus.clock, self._settings.heartbeat_seconds
        cursor, told = subscription.cursor, feed.told
        yield opening(cursor)
        if subscription.is_lost:
            yield resync(cursor)
        due = clock.monotonic() + silence
        while not feed.closed:
            piece, told = self._notices(told, subscription), feed.told
            if not piece:
                cursor, piece = await self._next(cursor, subscription, max(0.0, due - clock.monotonic()))
            if not piece and clock.monotonic() >= due:
                piece = keep_alive(cursor)
            if piece:
                yield piece
                due = clock.monotonic() + silence

    async def _next(self, cursor: int, subscription: Subscription, timeout: float) -> tuple[int, bytes]:
        """Wait for what is stored next; return as `_news` does, also when nothing came."""
        if cursor < self._bus.feed.newest or await self._bus.feed.wait(cursor, timeout):
            return await self._news(cursor, subscription)
        await self._bus.identify(subscription.credentials)  # a token may have expired
        return cursor, b""

    def _notices(self, told: int, subscription: Subscription) -> bytes:
        """Return what is told live only and the client has not heard yet."""
        events = self._bus.feed.notices(told) if told < self._bus.feed.told else ()
        visible = [visible_event(event, subscription.caller) for event in events if subscription.wants(event)]
        return b"".join(passing(event) for event in visible if event is not None)

    async def _news(self, cursor: int, subscription: Subscription) -> tuple[int, bytes]:
        """Return how far the stream comes with its next piece, and that piece; it is empty when all is filtered out.

        Raises:
            Unauthenticated: The client's proof is worth nothing any more.
        """
        events = await self._bus.feed.read(cursor, BATCH)
        if not events:  # the log does not reach back that far
            newest = self._bus.feed.newest
            return newest, resync(newest)
        frames: list[bytes] = []
        size = 0
        for event in events:
            if event.type in OF_RIGHTS:
                await self._bus.identify(subscription.credentials)
            cursor = event.id
            if subscription.wants(event):
                frames.append(self._frames.of(event, subscription.caller))
                size += len(frames[-1])
            if size > BATCH_BYTES:
                break
        return cursor, b"".join(frames)

    def _subscription(self, inbound: Inbound, credentials: Credentials, caller: Caller) -> Subscription:
        """Read the cursor; the one in the header is newer, for a browser that reconnects repeats its first address."""
        query, newest = inbound.query(), self._bus.feed.newest
        thread_ids = frozenset(query.get("thread_id", ()))
        text = inbound.header(b"last-event-id")
        after = _cursor_in(query, newest) if text is None else _event_id(text)
        is_lost = after is None or after > newest
        return Subscription(
            credentials=credentials,
            caller=caller,
            cursor=newest if after is None or is_lost else after,
            is_lost=is_lost,
            thread_ids=thread_ids,
        )


class Stream:
    """The answer that does not end."""

    def __init__(self, streams: EventStreams, subscription: Subscription) -> None:
        self._streams = streams
        self._subscription = subscription

    async def send(self, inbound: Inbound, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            is_wanted = inbound.method == "HEAD" or await self._streams.run(self._subscription, inbound.receive, send)
        finally:
            self._streams.count -= 1
        if is_wanted:
            with suppress(TimeoutError):  # a client that does not read must not hold up the stop
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await send({"type": "http.response.body", "body": b""})


def _cursor_in(query: Mapping[str, Sequence[str]], newest: int) -> int:
    for name in ("after", "last_event_id"):
        if name in query:
            cursor = _event_id(query[name][-1])
            if cursor is None:
                text = "Input should be the id of an event"
                raise InvalidRequest(text, errors=[{"type": "int_parsing", "loc": ("query", name), "msg": text}])
            return cursor
    return newest


def _event_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
