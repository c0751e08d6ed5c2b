"""Which events are chosen, and whether there can ever be any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase

from agentchatbus import plugin_api
from agentchatbus.plugin_api import EventBody


def fits(event_type: str, patterns: Iterable[str]) -> bool:
    """Return whether events of a type are chosen."""
    return any(fnmatchcase(event_type, pattern) for pattern in patterns)


def require_possible(pattern: str) -> None:
    """Refuse what no event can fit.

    Plugins have events of their own, in families of their own, so about those nothing is known here.

    Raises:
        ValueError: The bus has such events and none of this name, or no event is named so.
    """
    own = types_of_the_bus()
    if any(fits(event_type, [pattern]) for event_type in own):
        return
    family, dot, _ = pattern.lower().partition(".")
    if family in _families(own) or not (dot or "*" in pattern):
        raise ValueError(f"No event fits {pattern!r}{hint(pattern, own)}")


def hint(pattern: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that names what may have been meant."""
    families = sorted(_families(known))
    if "." in pattern:
        near = get_close_matches(pattern.lower(), sorted(known), n=1)
    else:
        near = [f"{family}.*" for family in get_close_matches(pattern.lower(), families, n=1)]
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(f'{family}.*' for family in families)}"


def _families(known: Iterable[str]) -> set[str]:
    return {event_type.partition(".")[0] for event_type in known}


def types_of_the_bus() -> frozenset[str]:
    """Return the types of all events that the bus has without plugins."""
    exported = (getattr(plugin_api, name) for name in plugin_api.__all__)
    return frozenset(_types(item for item in exported if isinstance(item, type) and issubclass(item, EventBody)))


def known_types() -> frozenset[str]:
    """Return the types of all events that are defined by now, those of plugins among them."""
    return frozenset(_types(_below(EventBody)))


def _below(kind: type[EventBody]) -> Iterator[type[EventBody]]:
    for item in kind.__subclasses__():
        yield item
        yield from _below(item)


def _types(kinds: Iterable[type[EventBody]]) -> Iterator[str]:
    return (kind.type for kind in kinds if "type" in vars(kind))
