"""What plugins offer besides operations: resources to read, and prompts for people to choose from.

Both are values without a protocol. Whoever reads them goes through the operations of `agentchatbus.bus.catalogue`, so
the caller is known and every gate is asked.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from urllib.parse import unquote

from agentchatbus.errors import NotFound, PluginUnusable
from agentchatbus.events import Event
from agentchatbus.model import Content, EmbeddedResource
from agentchatbus.operations import Call

Variables = Mapping[str, str]
Body = str | bytes | EmbeddedResource
"""What a resource holds; an `EmbeddedResource` brings a media type of its own."""

Complete = Callable[[str, Call], Awaitable[Sequence[str]]]
"""Returns the values that go on from what was typed."""

VARIABLE = re.compile(r"\{(\w+)\}")


def no_uris(_event: Event) -> Sequence[str]:
    """Say that no event changes the resource."""
    return ()


def never(_event: Event) -> bool:
    """Say that no event changes the list."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEntry:
    """One resource in a list."""

    uri: str
    name: str
    description: str = ""
    mime_type: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceOffer:
    """A resource, or a family of them.

    Attributes:
        uri: Its URI. Names in braces make it a family: each stands for one part of the URI without a slash.
        name: For people.
        read: Returns the contents, given what the names in braces stand for; raises `NotFound` for what does not exist.
        description: For models and people.
        mime_type: What `read` returns.
        entries: The members of a family that are listed one by one; without it only the family is.
        complete: Completes the names in braces.
        changed_by: Which resources an event changes.
        relisted_by: Whether an event changes what `entries` returns.
    """

    uri: str
    name: str
    read: Callable[[Variables, Call], Awaitable[Body]]
    description: str = ""
    mime_type: str = "text/plain"
    entries: Callable[[Call], Awaitable[Sequence[ResourceEntry]]] | None = None
    complete: Mapping[str, Complete] = field(default_factory=dict)
    changed_by: Callable[[Event], Sequence[str]] = no_uris
    relisted_by: Callable[[Event], bool] = never

    @property
    def is_family(self) -> bool:
        """Whether the URI has names in braces."""
        return VARIABLE.search(self.uri) is not None

    def match(self, uri: str) -> Variables | None:
        """Return what the names in braces stand for in a URI, or None when it is none of this offer's."""
        found = re.fullmatch(_pattern(self.uri), uri)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def _pattern(template: str) -> str:
    parts = VARIABLE.split(template)
    return "".join(f"(?P<{part}>[^/?#]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptArgument:
    """Something a person fills in."""

    name: str
    description: str = ""
    required: bool = False
    complete: Complete | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMessage:
    """One message of a prompt."""

    content: Content | str
    role: Literal["user", "assistant"] = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptOffer:
    """A prompt.

    Attributes:
        name: How clients call it.
        description: For people.
        write: Returns the messages, given the arguments; those that are required are there.
        arguments: What is filled in.
    """

    name: str
    description: str
    write: Callable[[Mapping[str, str], Call], Awaitable[Sequence[PromptMessage]]]
    arguments: tuple[PromptArgument, ...] = ()


OfferT = TypeVar("OfferT", ResourceOffer, PromptOffer)


class Offers:
    """All resources and prompts that plugins offer."""

    def __init__(
        self, resources: Iterable[tuple[str, ResourceOffer]] = (), prompts: Iterable[tuple[str, PromptOffer]] = ()
    ) -> None:
        """Collect them, each given with the name of its plugin.

        Raises:
            PluginUnusable: Two share a URI or a name.
        """
        self._resources = _unique("a resource", ((plugin, offer.uri, offer) for plugin, offer in resources))
        self._prompts = _unique("a prompt", ((plugin, offer.name, offer) for plugin, offer in prompts))

    @property
    def resources(self) -> tuple[ResourceOffer, ...]:
        """The resources, in the order of the plugins."""
        return tuple(self._resources.values())

    @property
    def prompts(self) -> tuple[PromptOffer, ...]:
        """The prompts, in the order of the plugins."""
        return tuple(self._prompts.values())

    def prompt(self, name: str) -> PromptOffer:
        """Return the prompt.

        Raises:
            NotFound: There is none of that name.
        """
        if name not in self._prompts:
            raise NotFound(f"Unknown prompt: {name}", kind="prompt", id=name)
        return self._prompts[name]

    def resource(self, uri: str) -> tuple[ResourceOffer, Variables]:
        """Return the offer that a URI belongs to, one without names in braces first, and what those stand for.

        Raises:
            NotFound: No offer has such a URI.
        """
        if uri in self._resources:
            return self._resources[uri], {}
        for offer in self.resources:
            if (variables := offer.match(uri)) is not None:
                return offer, variables
        raise NotFound(f"Unknown resource: {uri}", kind="resource", id=uri)


def _unique(kind: str, offers: Iterable[tuple[str, str, OfferT]]) -> dict[str, OfferT]:
    found: dict[str, OfferT] = {}
    for plugin, name, offer in offers:
        if name in found:
            text = f"Plugin {plugin!r} offers {kind} named {name!r}, which there is already; disable one of them."
            raise PluginUnusable(text, plugin)
        found[name] = offer
    return found
