"""Whether what plugins offer fits in, and who is to blame where it does not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import takewhile
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.offers import Offers
from agentchatbus.operations import Operation, Operations, Route
from agentchatbus.plugin import PROJECT
from agentchatbus.plugins import PluginManager
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.transport import HttpTransport
from agentchatbus.providers import isolated

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What every client takes as the name of a tool; some refuse all tools for the sake of one."""

Added = Sequence[tuple[str, Operation[Any]]]
"""The operations that plugins add, each with its plugin's name."""


def check_operations(manager: PluginManager, added: Added) -> None:
    """Refuse operations that no way in could describe to its clients; those that ship with the bus are known to do.

    Raises:
        PluginUnusable: The message says what to change.
    """
    shipped = _shipped(manager)
    for plugin, operation in added:
        if plugin not in shipped and (fault := next(_faults(operation), None)):
            raise PluginUnusable(f"Plugin {plugin!r}: the operation {operation.name!r} {fault}", plugin)


def _shipped(manager: PluginManager) -> set[str]:
    return {status.name for status in manager.statuses() if status.distribution == PROJECT}


def _faults(operation: Operation[Any]) -> Iterator[str]:
    name: Any = operation.name
    params: Any = operation.params
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield "needs a name of at most 64 letters, digits, hyphens and underscores."
    if not isinstance(params, type) or not issubclass(params, BaseModel):
        yield f"has the params {params!r}; write a subclass of Params."
    if error := _params_error(params):
        yield f"has params that no client can be told of ({error}); give every field a type that JSON has."
    if error := _result_error(operation.result):
        yield f"has a result that cannot be described ({error}); write a type that pydantic knows."
    if not _is_route(operation.route):
        yield f"has {operation.route!r}; write a Route whose path begins with a slash."


def _params_error(params: type[BaseModel]) -> str | None:
    try:
        params.model_json_schema()
    except Exception as error:  # a field may bring code of its plugin that describes it
        return _first_line(error)
    return None


def _result_error(result: Any) -> str | None:
    """Return why a type cannot even be looked at; one without a form in JSON is shown as anything."""
    try:
        TypeAdapter(result).json_schema(mode="serialization")
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):
        return None
    except Exception as error:
        return _first_line(error)
    return None


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _is_route(route: Any) -> bool:
    return route is None or (isinstance(route, Route) and _is_path(route.path))


def _is_path(path: Any) -> bool:
    return isinstance(path, str) and path.startswith("/")


def ways_in(
    bus: Bus, operations: Operations, offers: Offers, manager: PluginManager, added: Added
) -> list[HttpTransport]:
    """Return the ways in that plugins offer; each has a lifespan that names its plugin when it fails.

    Raises:
        PluginUnusable: One cannot be used, or two claim the same path.
    """
    places: dict[str, str] = {}
    shipped = _shipped(manager)
    for plugin, transport in (found := _registered(bus, operations, offers, manager, added)):
        _check_prefixes(plugin, transport)
        for prefix in transport.prefixes:
            if (owner := places.setdefault(prefix.rstrip("/"), plugin)) != plugin:
                raise _clash(prefix, owner, plugin, manager, added)
        if plugin not in shipped:
            own = {operation.name for name, operation in added if name == plugin}
            _check_routes(plugin, transport, places, [item for item in operations if item.name not in own])
    return [_isolated(plugin, transport) for plugin, transport in found]


def _registered(
    bus: Bus, operations: Operations, offers: Offers, manager: PluginManager, added: Added
) -> list[tuple[str, HttpTransport]]:
    """Ask the plugins; where a way in refuses an operation, the plugin that added it is to blame."""
    try:
        return manager.needed_first(manager.transports(bus, operations, offers))
    except ConfigError as error:
        added_by = {operation.name: plugin for plugin, operation in added}
        if plugin := added_by.get(error.operation or ""):
            raise PluginUnusable(f"Plugin {plugin!r} does not fit in: {error}", plugin) from error
        raise


def _check_prefixes(plugin: str, transport: HttpTransport) -> None:
    prefixes: Any = transport.prefixes
    if not isinstance(prefixes, tuple | list) or not all(map(_is_path, prefixes)):
        text = f"Plugin {plugin!r}: the transport {transport.name!r} has the prefixes {prefixes!r}; "
        raise PluginUnusable(f"{text}write a tuple of paths that begin with a slash.", plugin)


def _clash(prefix: str, owner: str, plugin: str, manager: PluginManager, added: Added) -> PluginUnusable:
    """Return who has to give way: a stranger, and one whose route made another plugin claim the path before that."""
    place = prefix.rstrip("/")
    routed = [(name, item) for name, item in added if item.route and _beginning(item.route.path) == place]
    strangers = [name for name in (*(name for name, _ in routed), plugin) if not manager.is_needed(name)]
    blamed = strangers[0] if strangers else routed[0][0] if routed else plugin
    for name, item in routed:
        if name == blamed and item.route:
            text = f"Plugin {name!r}: the operation {item.name!r} has the route {item.route.path}, which is taken"
            return PluginUnusable(f"{text} by a plugin that serves {prefix}; choose another path.", name)
    return PluginUnusable(f"The plugins {owner!r} and {plugin!r} both serve {prefix}; disable one of them.", blamed)


def _check_routes(
    plugin: str, transport: HttpTransport, places: Mapping[str, str], others: Sequence[Operation[Any]]
) -> None:
    """Refuse a path below another plugin's that hides an operation which that one serves there."""
    for prefix in transport.prefixes:
        if not any(place and owner != plugin and _is_below(prefix, place) for place, owner in places.items()):
            continue
        for operation in others:
            if operation.route and _is_below(operation.route.path, prefix):
                text = f"Plugin {plugin!r} serves {prefix}, where the operation {operation.name!r} has its route"
                raise PluginUnusable(f"{text}; choose another path.", plugin)


def _is_below(path: str, place: str) -> bool:
    return (path.rstrip("/") + "/").startswith(place.rstrip("/") + "/")


def _beginning(path: str) -> str:
    """Return a route's path up to the first name in braces."""
    return "/".join(takewhile(lambda segment: not segment.startswith("{"), path.split("/"))).rstrip("/")


def _isolated(plugin: str, transport: HttpTransport) -> HttpTransport:
    """Let the transport live in a task of its own, so that its failures end nothing else."""
    return replace(transport, lifespan=lambda: isolated(plugin, _alive(transport)))


@asynccontextmanager
async def _alive(transport: HttpTransport) -> AsyncIterator[None]:
    async with transport.lifespan():
        yield
