"""The transport port: ways into the bus over HTTP.

A transport turns a foreign request into ``operations.call(name, arguments, session)`` and the result or `BusError`
into its own form. It holds no rule of the domain.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
BodyLimit = Callable[[Scope], int | None]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
"""An ASGI application: called with scope, receive and send for each request."""


def no_limit_of_its_own(_scope: Scope) -> int | None:
    """Leave the size of every body to the configuration."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTransport:
    """An ASGI application that serves every path below one of its prefixes.

    The application sees the whole path. The server checks Host and Origin and limits bodies before it is called.

    Attributes:
        name: What ``Caller.transport`` says of those who come this way.
        prefixes: Paths such as ``/mcp``; the longest one that fits a request wins, ``/`` takes what is left.
        app: The application (HTTP scope only).
        lifespan: Entered before the first request, left when the last one has ended.
        body_limit: Says how many bytes the body of a request may have; None takes the configured size.
        stop: Called when the server begins to stop; the transport then ends its open streams.
        depths: Says how many streams are open and the like, by name; part of what `Bus.depths` returns.
    """

    name: str
    prefixes: tuple[str, ...]
    app: AsgiApp
    lifespan: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    body_limit: BodyLimit = no_limit_of_its_own
    stop: Callable[[], None] = lambda: None
    depths: Callable[[], Mapping[str, int]] = dict
