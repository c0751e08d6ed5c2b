"""Resource subscriptions, fed from the bus's event log.

An update says only that something changed, so updates that were not sent yet are merged: a client that reads slowly
costs one set of addresses, and holds up nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from mcp.server.connection import Connection
from mcp.server.session import ServerSession
from mcp.server.subscriptions import ListenHandler, ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from agentchatbus.plugin_api import EventFeed, InvalidRequest
from agentchatbus_mcp.changes import Changes
from agentchatbus_mcp.sdk import Context, at_end_of, connection_of

logger = logging.getLogger(__name__)

BATCH = 100
MOST_SUBSCRIPTIONS = 1000
LONGEST_URI = 2048
"""How many resources one legacy client may subscribe to, and how many characters name one."""


class _Listeners:
    """The open streams of ``subscriptions/listen``; implements the SDK's subscription bus."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        self._on_first = on_first
        self._listeners: dict[object, Callable[[ServerEvent], None]] = {}

    def __bool__(self) -> bool:
        return bool(self._listeners)

    async def publish(self, event: ServerEvent) -> None:
        self.send(event)

    def send(self, event: ServerEvent) -> None:
        for listener in list(self._listeners.values()):
            listener(event)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        token = object()
        self._listeners[token] = listener
        self._on_first()

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe


class _Subscriber:
    """One legacy client: what it subscribed to, whether it read the list, and what it has to be told."""

    def __init__(self, session: ServerSession) -> None:
        self.uris: set[str] = set()
        self.has_list = False
        self._session = session
        self._changed: set[str] = set()
        self._is_relisted = False
        self._is_changed = asyncio.Event()
        self._task = asyncio.create_task(self._tell())

    def changed(self, uri: str) -> None:
        self._changed.add(uri)
        self._is_changed.set()

    def relisted(self) -> None:
        self._is_relisted = True
        self._is_changed.set()

    def close(self) -> None:
        self._task.cancel()

    async def _tell(self) -> None:
        while True:
            await self._is_changed.wait()
            self._is_changed.clear()
            if self._is_relisted:
                self._is_relisted = False
                await self._session.send_resource_list_changed()
            while self._changed:
                await self._session.send_resource_updated(self._changed.pop())


class Updates:
    """Tells clients of both protocol eras which resources changed."""

    def __init__(self, feed: EventFeed, changes: Changes) -> None:
        self._feed = feed
        self._changes = changes
        self._cursor = 0
        self._is_wanted = asyncio.Event()
        self._listeners = _Listeners(self._want)
        self._subscribers: dict[Connection, _Subscriber] = {}
        self.listen = ListenHandler(self._listeners)

    def subscribe(self, context: Context, uri: str) -> None:
        """Tell this legacy client when the resource changes.

        Raises:
            InvalidRequest: Its address is too long, or there are too many already.
        """
        if len(uri) > LONGEST_URI:
            raise InvalidRequest(f"The address of a resource has at most {LONGEST_URI} characters.")
        subscriber = self._subscriber(context)
        if len(subscriber.uris) >= MOST_SUBSCRIPTIONS and uri not in subscriber.uris:
            raise InvalidRequest(f"A client follows at most {MOST_SUBSCRIPTIONS} resources. Unsubscribe from some.")
        subscriber.uris.add(uri)
        self._want()

    def list_was_read(self, context: Context) -> None:
        """Tell this client when the list of resources changes; those of the stateless era ask for that themselves."""
        if self._changes.can_relist and context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            self._subscriber(context).has_list = True
            self._want()

    def unsubscribe(self, context: Context, uri: str) -> None:
        """Tell this legacy client no more of the resource."""
        if subscriber := self._subscribers.get(connection_of(context)):
            subscriber.uris.discard(uri)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the event log for as long as the context lasts."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            for connection in list(self._subscribers):
                self._forget(connection)
            await asyncio.gather(task, return_exceptions=True)

    def close(self) -> None:
        """End every open stream in the orderly way."""
        self.listen.close()

    def _subscriber(self, context: Context) -> _Subscriber:
        connection = connection_of(context)
        if connection not in self._subscribers:
            self._subscribers[connection] = _Subscriber(context.session)
            at_end_of(context, lambda: self._forget(connection))
        return self._subscribers[connection]

    def _forget(self, connection: Connection) -> None:
        if subscriber := self._subscribers.pop(connection, None):
            subscriber.close()

    def _want(self) -> None:
        """Read the log from here on, unless it is being read already."""
        if not self._is_wanted.is_set():
            self._cursor = self._feed.newest
            self._is_wanted.set()

    async def _follow(self) -> None:
        """Read the log for as long as anybody wants to know."""
        while not self._feed.closed:
            if not (self._listeners or self._subscribers):
                self._is_wanted.clear()
            await self._is_wanted.wait()
            if await self._feed.wait(self._cursor):
                self._cursor = await self._pass_on(self._cursor)

    async def _pass_on(self, cursor: int) -> int:
        events = await self._feed.read(cursor, BATCH)
        if events is None:
            self._tell(uri for subscriber in self._subscribers.values() for uri in list(subscriber.uris))
            self._tell_of_list()
            return self._feed.newest
        self._tell(dict.fromkeys(uri for event in events for uri in self._changes.resources(event)))
        if any(self._changes.relists(event) for event in events):
            self._tell_of_list()
        return events[-1].id if events else cursor

    def _tell_of_list(self) -> None:
        self._listeners.send(ResourcesListChanged())
        for subscriber in self._subscribers.values():
            if subscriber.has_list:
                subscriber.relisted()

    def _tell(self, uris: Iterable[str]) -> None:
        for uri in uris:
            self._listeners.send(ResourceUpdated(uri))
            for subscriber in self._subscribers.values():
                if uri in subscriber.uris:
                    subscriber.changed(uri)
