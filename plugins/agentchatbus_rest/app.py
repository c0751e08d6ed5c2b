"""The application: every route of every operation, and the few paths that are no operation."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import takewhile

from agentchatbus.plugin_api import Bus, BusError, ConfigError, Operations
from agentchatbus_rest.documentation import Documentation
from agentchatbus_rest.endpoint import Desk, Endpoint
from agentchatbus_rest.faces import Faces
from agentchatbus_rest.http import Answer, ClientGone, Handler, Inbound, Outbound, Receive, Scope, Send, encode
from agentchatbus_rest.logins import Logins
from agentchatbus_rest.paths import Paths, Target, is_variable, raw_path, variables
from agentchatbus_rest.presenters import AS_IT_IS, PRESENTERS
from agentchatbus_rest.refusals import refusal
from agentchatbus_rest.settings import RestSettings
from agentchatbus_rest.streams import EventStreams

logger = logging.getLogger(__name__)

PREFIXES = ("/api", "/health", "/events", "/docs", "/redoc", "/openapi.json")
"""What this plugin serves whatever the operations are; a route elsewhere brings its own beginning."""

CHOICE = "agentchatbus_rest.choice"
"""Where a request's scope keeps what was chosen for it."""

Choice = tuple[Handler, Mapping[str, str]]
"""Who handles a request, and what the names in its path stand for."""

NOT_FOUND = Answer(404, encode({"detail": "Not Found"}))
FAILED = Answer(500, encode({"detail": "Internal Server Error"}))


class RestApp:
    """An ASGI application for HTTP scopes."""

    def __init__(self, bus: Bus, operations: Operations, settings: RestSettings) -> None:
        self._limit = bus.settings.max_body_bytes
        self._paths = Paths()
        self.streams = EventStreams(bus, settings)
        desk = Desk(bus=bus, operations=operations, faces=Faces(bus))
        endpoints = [
            Endpoint(desk, operation, route, presenter)
            for operation in operations
            for presenter in (PRESENTERS.get(operation.name, AS_IT_IS),)
            for route in (operation.route, *presenter.also)
            if route is not None
        ]
        documentation = Documentation(bus, endpoints)
        bus.report_health(lambda: {"transport": "http+sse"})
        self._paths.add("GET", "/health", _health(bus))
        self._paths.add("GET", "/events", self.streams.open)
        logins = Logins(bus)
        self._paths.add("GET", "/api/me", logins.me)
        self._paths.add("POST", "/api/login", logins.login)
        self._paths.add("POST", "/api/logout", logins.logout)
        self._paths.add("GET", "/api/debug/sse-status", self.streams.status)
        self._paths.add("GET", "/openapi.json", documentation.document)
        self._paths.add("GET", "/docs", documentation.page)
        self._paths.add("GET", "/redoc", documentation.page)
        for endpoint in endpoints:
            self._add(endpoint)
        beginnings = {beginning(endpoint.route.path) for endpoint in endpoints}
        self.prefixes = (*PREFIXES, *sorted(path for path in beginnings if not covered(path)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        handler, values = self._chosen(scope)
        inbound = Inbound(scope, receive, values, limit=_limit_of(handler) or self._limit)
        try:
            outbound = await _answered(handler, inbound)
        except ClientGone:
            return
        await outbound.send(inbound, send)

    def body_limit(self, scope: Scope) -> int | None:
        """Return the size that the route of a request sets for bodies, if it does."""
        return _limit_of(self._chosen(scope)[0])

    def _add(self, endpoint: Endpoint) -> None:
        name, route = endpoint.operation.name, endpoint.route
        if unknown := sorted(set(variables(route.path)) - endpoint.operation.params.model_fields.keys()):
            text = f"The path of the operation {name!r} names {unknown[0]!r}, which is no parameter of it."
            raise ConfigError(text, operation=name)
        if not self._paths.add(route.method, route.path, endpoint):
            text = f"{route.method} {route.path} of the operation {name!r} is taken by another one."
            raise ConfigError(text, operation=name)

    def _chosen(self, scope: Scope) -> Choice:
        """Return the choice for a request, which is made once although the server and this application ask for it."""
        if CHOICE not in scope:
            scope[CHOICE] = self._choose(scope)
        choice: Choice = scope[CHOICE]
        return choice

    def _choose(self, scope: Scope) -> Choice:
        path, method = raw_path(scope), scope["method"]
        if (found := self._paths.find(path)) is None:
            return self._elsewhere(path, scope["query_string"]), {}
        targets, values = found
        target = targets.get("GET" if method == "HEAD" else method)
        if target is None:
            return _always(_not_allowed(targets)), {}
        return target.handler, dict(zip(target.names, values, strict=True))

    def _elsewhere(self, path: str, query: bytes) -> Handler:
        """Send a client that put a slash at the end of a path to the path."""
        bare = path.rstrip("/")
        if bare == path or self._paths.find(bare) is None:
            return _always(NOT_FOUND)
        location = bare.encode("latin-1") + (b"?" + query if query else b"")
        return _always(Answer(307, headers=((b"location", location),)))


def beginning(path: str) -> str:
    """Return the part of a route's path before its first variable."""
    segments = path.split("/")[1:]
    return "/" + "/".join(takewhile(lambda segment: not is_variable(segment), segments))


def covered(path: str) -> bool:
    """Return whether a path is below what this plugin serves anyway."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in PREFIXES)


def _limit_of(handler: Handler) -> int | None:
    return handler.route.max_body_bytes if isinstance(handler, Endpoint) else None


async def _answered(handler: Handler, inbound: Inbound) -> Outbound:
    """Return the answer; whatever goes wrong is one too, so that the connection stays open."""
    try:
        try:
            return await handler(inbound)
        except BusError as error:
            return refusal(error)
    except ClientGone:
        raise
    except Exception:
        logger.exception("Answering a %s request failed", inbound.method)
        return FAILED


def _health(bus: Bus) -> Handler:
    """Say that the bus is up, without a look at the database."""

    async def handler(_: Inbound) -> Answer:
        return Answer(200, encode(bus.health()))

    return handler


def _always(answer: Answer) -> Handler:
    async def handler(_: Inbound) -> Answer:
        return answer

    return handler


def _not_allowed(targets: Mapping[str, Target]) -> Answer:
    methods = sorted({*targets, *(["HEAD"] if "GET" in targets else [])})
    allow = (b"allow", ", ".join(methods).encode())
    return Answer(405, encode({"detail": "Method Not Allowed"}), headers=(allow,))
