"""What plugins add to the console: panels of their own, and badges on messages.

A panel is data and never markup: it says what there is to see, and the console draws it with its own means. So nothing
of a plugin runs in the page, and a panel looks like the rest of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.events import EventBody
from agentchatbus.hints import did_you_mean
from agentchatbus.operations import Operation

Tone = Literal["neutral", "accent", "good", "wait", "bad"]
"""How something is coloured, by what it means."""

PANEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_TITLE = 40
LONGEST_KEY = 100
LONGEST_ICON = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelLink:
    """A link to a thread, or to one of its messages."""

    text: str
    thread_id: str
    seq: int | None = None
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAction:
    """A button that asks for an operation of the panel's plugin, and then for the panel again.

    Attributes:
        label: What stands on it.
        operation: The operation; it has a route and changes something.
        arguments: What it is asked with.
        confirm: A question to answer with yes before; none when empty.
    """

    label: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    confirm: str = ""
    kind: Literal["action"] = "action"


PanelCell = PanelLink | PanelAction | str | int | float | bool | None
"""One value in a panel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelText:
    """Markdown; it is sanitised as messages are."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelFacts:
    """Names with their values."""

    facts: Mapping[str, PanelCell]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelTable:
    """Rows of values; `empty` is said when there are none."""

    columns: Sequence[str]
    rows: Sequence[Sequence[PanelCell]]
    title: str = ""
    empty: str = "Nothing yet."
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelChart:
    """A bar for each name."""

    title: str
    bars: Mapping[str, float]
    kind: Literal["chart"] = "chart"


PanelBlock = PanelText | PanelFacts | PanelTable | PanelChart | PanelAction
"""One part of a panel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What an operation answers with that fills a panel: its parts, from top to bottom."""

    blocks: Sequence[PanelBlock]


class ConsoleOffer:
    """Base of what a plugin adds to the console: a `PanelOffer` or a `DecorationOffer`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelOffer(ConsoleOffer):
    """An entry in the navigation of the console that opens a panel.

    Attributes:
        name: Its name in the address, in small letters, digits and hyphens.
        title: What people read.
        operation: An operation of the same plugin that answers with a `Panel`. It is read-only, needs no arguments and
            has a route of the method GET; so the console asks for it as for everything, and every gate is asked.
        icon: A character or an emoji in front of the title.
        refresh_on: The events after which an open panel is asked for again.
    """

    name: str
    title: str
    operation: str
    icon: str = ""
    refresh_on: Sequence[type[EventBody]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecorationOffer(ConsoleOffer):
    """A badge on every message whose metadata have a key.

    Attributes:
        key: The key. A text or a number under it is shown behind the label; null and false show no badge.
        label: What stands on the badge.
        tone: How it is coloured.
        panel: The name of a panel of the same plugin that the badge leads to.
    """

    key: str
    label: str
    tone: Tone = "neutral"
    panel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRoute:
    """Where an operation that a panel's buttons may ask for lies over HTTP."""

    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelEntry:
    """A panel as a console sees it; `actions` are the only operations that its buttons may ask for, by name."""

    name: str
    title: str
    icon: str
    path: str
    refresh_on: Sequence[str]
    actions: Mapping[str, ActionRoute]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecorationEntry:
    """A badge as a console sees it."""

    key: str
    label: str
    tone: Tone
    panel: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleExtensions:
    """Everything that plugins add to the console."""

    panels: Sequence[PanelEntry]
    decorations: Sequence[DecorationEntry]


class Console:
    """All panels and decorations of one bus, each with the plugin that it belongs to."""

    def __init__(
        self, offers: Iterable[tuple[str, ConsoleOffer]], operations: Iterable[tuple[str, Operation[Any]]]
    ) -> None:
        """Take what plugins offer, each with its plugin's name.

        Args:
            offers: What they add to the console.
            operations: What they add to the bus.

        Raises:
            PluginUnusable: An offer cannot be used; the message names the plugin and what to change.
        """
        self._operations: dict[str, dict[str, Operation[Any]]] = {}
        for plugin, operation in operations:
            self._operations.setdefault(plugin, {})[operation.name] = operation
        self._panels: dict[str, tuple[str, PanelEntry]] = {}
        self._decorations: dict[str, tuple[str, DecorationEntry]] = {}
        for plugin, offer in sorted(offers, key=lambda item: isinstance(item[1], DecorationOffer)):  # they name panels
            self._add(plugin, offer)

    def extensions(self, is_active: Callable[[str], bool]) -> ConsoleExtensions:
        """Return what the plugins add that are active."""
        return ConsoleExtensions(
            panels=[entry for plugin, entry in self._panels.values() if is_active(plugin)],
            decorations=[entry for plugin, entry in self._decorations.values() if is_active(plugin)],
        )

    def _add(self, plugin: str, offer: ConsoleOffer) -> None:
        try:
            if isinstance(offer, PanelOffer):
                self._add_panel(plugin, offer)
            elif isinstance(offer, DecorationOffer):
                self._add_decoration(plugin, offer)
        except ConfigError as error:
            raise PluginUnusable(str(error), plugin) from error
        except (AttributeError, TypeError) as error:
            text = f"Plugin {plugin!r}: {offer!r} holds a value of a wrong type ({error})."
            raise PluginUnusable(text, plugin) from error

    def _add_panel(self, plugin: str, offer: PanelOffer) -> None:
        what = f"Plugin {plugin!r}: the panel {offer.name!r}"
        if not PANEL_NAME.fullmatch(offer.name):
            raise ConfigError(f"{what} needs a name of at most 40 small letters, digits and hyphens.")
        _check_text(what, "title", offer.title, LONGEST_TITLE)
        if offer.icon:
            _check_text(what, "icon", offer.icon, LONGEST_ICON)
        kinds: Sequence[Any] = offer.refresh_on
        if any(not (isinstance(kind, type) and issubclass(kind, EventBody)) for kind in kinds):
            raise ConfigError(f"{what} has to name classes of events in refresh_on, such as MessagePosted.")
        _check_free(plugin, f"a panel named {offer.name!r}", self._panels.get(offer.name))
        entry = PanelEntry(
            name=offer.name,
            title=offer.title,
            icon=offer.icon,
            path=self._path(plugin, offer, what),
            refresh_on=[kind.type for kind in offer.refresh_on],
            actions=self._actions(plugin),
        )
        self._panels[offer.name] = (plugin, entry)

    def _path(self, plugin: str, offer: PanelOffer, what: str) -> str:
        own = self._operations.get(plugin, {})
        if (operation := own.get(offer.operation)) is None:
            hint = did_you_mean(offer.operation, own)
            raise ConfigError(f"{what} names the operation {offer.operation!r}, which the plugin does not add.{hint}")
        what = f"{what} names the operation {offer.operation!r}, which"
        route = operation.route
        if route is None or route.method != "GET" or "{" in route.path or not operation.read_only:
            raise ConfigError(f"{what} has to be read-only, with a route of the method GET without names in braces.")
        if any(given.is_required() for given in operation.params.model_fields.values()):
            raise ConfigError(f"{what} must not need arguments.")
        if operation.result is not Panel:
            raise ConfigError(f"{what} has to answer with a Panel; write `-> Panel`.")
        return route.path

    def _actions(self, plugin: str) -> dict[str, ActionRoute]:
        return {
            name: ActionRoute(method=operation.route.method, path=operation.route.path)
            for name, operation in self._operations[plugin].items()
            if operation.route is not None and not operation.read_only
        }

    def _add_decoration(self, plugin: str, offer: DecorationOffer) -> None:
        what = f"Plugin {plugin!r}: the decoration of the key {offer.key!r}"
        _check_text(what, "key", offer.key, LONGEST_KEY)
        _check_text(what, "label", offer.label, LONGEST_TITLE)
        if offer.tone not in get_args(Tone):
            hint = did_you_mean(offer.tone, get_args(Tone))
            tones = ", ".join(get_args(Tone))
            raise ConfigError(f"{what} has the tone {offer.tone!r}; it has to be one of {tones}.{hint}")
        if offer.panel is not None and self._panels.get(offer.panel, ("",))[0] != plugin:
            raise ConfigError(f"{what} leads to the panel {offer.panel!r}, which the plugin does not add.")
        _check_free(plugin, f"a decoration of the key {offer.key!r}", self._decorations.get(offer.key))
        entry = DecorationEntry(key=offer.key, label=offer.label, tone=offer.tone, panel=offer.panel)
        self._decorations[offer.key] = (plugin, entry)


def _check_text(what: str, name: str, text: Any, longest: int) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > longest or text.splitlines() != [text]:
        raise ConfigError(f"{what} needs one line of at most {longest} characters as its {name}.")


def _check_free(plugin: str, what: str, found: tuple[str, object] | None) -> None:
    if found is not None and found[0] == plugin:
        raise ConfigError(f"Plugin {plugin!r} offers {what} twice.")
    if found is not None:
        raise ConfigError(f"The plugins {found[0]!r} and {plugin!r} both offer {what}; disable one of them.")
