"""Which plugins take part: found, chosen, configured, checked and registered."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from agentchatbus import discovery
from agentchatbus.config.commas import validated
from agentchatbus.console import ConsoleOffer
from agentchatbus.discovery import Candidate
from agentchatbus.errors import ConfigError, NotFound, PluginUnusable
from agentchatbus.hints import did_you_mean, explain
from agentchatbus.offers import Offers, PromptOffer, ResourceOffer
from agentchatbus.operations import Operation, Operations
from agentchatbus.plugin import Plugin, PluginSettings
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.files import FileOffer
from agentchatbus.ports.search import SearchOffer
from agentchatbus.ports.storage import StorageOffer
from agentchatbus.ports.transport import HttpTransport
from agentchatbus.providers import lifespans, offers
from agentchatbus.quarantine import Quarantine
from agentchatbus.registry import HookRegistry, Implementation
from agentchatbus.tracing import HookListener

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSelection:
    """What the configuration says about plugins.

    Attributes:
        enable: ``auto`` takes every plugin that is installed, a list only those in it.
        disable: Never imported, whatever else is said; what ``-p no:name`` adds to.
        left_out: Those of `disable` that somebody typed just now, so one that nobody offers is a slip.
        paths: Plugins of one file each, taken whatever `enable` says.
        settings: The tables ``[plugins.<name>]`` as they were written.
        unusable: Those that were found and turned out not to fit in, and why.
    """

    enable: Literal["auto"] | tuple[str, ...] = "auto"
    disable: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    unusable: Mapping[str, str] = field(default_factory=dict)

    def names(self, name: str) -> bool:
        """Return whether somebody wrote this name down, so that it has to load."""
        return name in self.settings or (self.enable != "auto" and name in self.enable)


class PluginState(StrEnum):
    """What became of a plugin."""

    ACTIVE = "active"
    DISABLED = "disabled"
    NOT_SELECTED = "not selected"
    FAILED = "failed"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatus:
    """What became of a plugin, and why; `hooks` is empty unless it was registered."""

    name: str
    version: str
    distribution: str
    hooks: tuple[str, ...] = ()
    state: PluginState
    reason: str = ""


class PluginManager:
    """The plugins of one bus."""

    def __init__(self, selection: PluginSelection) -> None:
        self.quarantine = Quarantine()
        self._selection = selection
        self._registry = HookRegistry()
        self._active: dict[str, Plugin[Any]] = {}
        self._strangers: set[str] = set()
        self._statuses: list[PluginStatus] = []

    def load(self, extra: Sequence[tuple[str, Plugin[Any]]] = ()) -> None:
        """Find, import, build and register the plugins; opens nothing.

        Args:
            extra: Plugins that are built already, by name; each takes the place of an installed one of its name.

        Raises:
            ConfigError: A plugin that the configuration names cannot be used; the message says which and why.
        """
        given = [*map(discovery.of_file, self._selection.paths), *(discovery.of_instance(*item) for item in extra)]
        replaced = {name for name, _ in extra}
        found = [candidate for candidate in discovery.installed() if candidate.name not in replaced]
        self._check_names([*given, *found])
        for candidate in reversed([*given, *self._without_doubles(given, found)]):
            self._statuses.append(self._admit(candidate))

    @property
    def active(self) -> Mapping[str, Plugin[Any]]:
        """The registered plugins by name."""
        return self._active

    @property
    def revision(self) -> int:
        """Rises with every change in what is to be called."""
        return self._registry.revision + self.quarantine.revision

    def is_needed(self, name: str) -> bool:
        """Return whether the bus does not start without a plugin: it ships with the bus, or somebody named it."""
        return name not in self._strangers

    def needed_first(self, found: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
        """Return what plugins offer, strangers' last: where two things have one name, theirs is the one too many."""
        return sorted(found, key=lambda item: not self.is_needed(item[0]))

    def watch(self, listener: HookListener) -> None:
        """Tell somebody of every call of a hook from now on."""
        self._registry.watch(listener)

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Return the implementations of a hook, the one to call first first."""
        return self._registry.implementations(hook)

    def statuses(self) -> list[PluginStatus]:
        """Return what became of every plugin that was found, by name."""
        return sorted(map(self._with_quarantine, self._statuses), key=lambda status: (status.name, status.distribution))

    def enable(self, name: str) -> bool:
        """Call a quarantined plugin again.

        Returns:
            Whether it was quarantined.

        Raises:
            NotFound: No plugin of that name is registered.
        """
        if name not in self._active:
            hint = did_you_mean(name, self._active)
            raise NotFound(f"There is no active plugin named {name!r}.{hint}", kind="plugin", id=name)
        return self.quarantine.release(name)

    def storage_offers(self) -> list[tuple[str, StorageOffer]]:
        """Return the storage backends on offer, each with its plugin's name; like all below, raises `ConfigError`."""
        return offers(self.implementations("register_storage"), StorageOffer, {})

    def search_offers(self) -> list[tuple[str, SearchOffer]]:
        """Return the search backends on offer."""
        return offers(self.implementations("register_search"), SearchOffer, {})

    def operations(self, bus: Bus) -> list[tuple[str, Operation[Any]]]:
        """Return the operations that plugins add."""
        return offers(self.implementations("register_operations"), Operation, {"bus": bus})

    def console_offers(self, bus: Bus) -> list[tuple[str, ConsoleOffer]]:
        """Return what plugins add to the console."""
        return offers(self.implementations("register_console"), ConsoleOffer, {"bus": bus})

    def file_offers(self, bus: Bus) -> list[tuple[str, FileOffer]]:
        """Return whose files messages may refer to."""
        return offers(self.implementations("register_files"), FileOffer, {"bus": bus})

    def offers(self, bus: Bus) -> Offers:
        """Return the resources and prompts that plugins add."""
        resources = offers(self.implementations("register_resources"), ResourceOffer, {"bus": bus})
        prompts = offers(self.implementations("register_prompts"), PromptOffer, {"bus": bus})
        return Offers(self.needed_first(resources), self.needed_first(prompts))

    def transports(self, bus: Bus, operations: Operations, offered: Offers) -> list[tuple[str, HttpTransport]]:
        """Return the ways in."""
        arguments = {"bus": bus, "operations": operations, "offers": offered}
        return offers(self.implementations("register_transports"), HttpTransport, arguments)

    def lifespans(self, bus: Bus) -> list[tuple[str, AbstractAsyncContextManager[None]]]:
        """Return what lives as long as the bus, in the order in which it is entered."""
        return lifespans(self.implementations("lifespan"), {"bus": bus})

    def _check_names(self, candidates: Sequence[Candidate]) -> None:
        """Refuse names that nobody offers; one that a file disables may be of another machine."""
        offered = {candidate.name for candidate in candidates}
        listed = () if self._selection.enable == "auto" else self._selection.enable
        for name in (*listed, *self._selection.settings):
            if name not in {*offered, *self._selection.disable}:
                raise ConfigError(f"No installed plugin is named {name!r}.{did_you_mean(name, offered)}")
        for name in self._selection.left_out:
            if name not in offered:
                raise ConfigError(f"-p no:{name}: no plugin is named {name!r}.{did_you_mean(name, offered)}")
        for name in self._selection.disable:
            if name not in offered:
                logger.warning("No plugin to disable is named %r.%s", name, did_you_mean(name, offered))

    def _without_doubles(self, given: Sequence[Candidate], found: Sequence[Candidate]) -> list[Candidate]:
        """Leave out what shares its name with another plugin: nobody takes the place of a shipped one by accident."""
        names = [candidate.name for candidate in given]
        for name in names:
            if names.count(name) > 1 or any(candidate.name == name for candidate in found):
                raise ConfigError(f"Two plugins are named {name!r}; rename the one that you gave to the bus.")
        return [candidate for candidate in found if not self._is_double(candidate, found)]

    def _is_double(self, candidate: Candidate, found: Sequence[Candidate]) -> bool:
        rivals = [item for item in found if item.name == candidate.name and item is not candidate]
        if not rivals or candidate.is_shipped or candidate.name in self._selection.disable:
            return False
        reason = f"{rivals[0].origin} offers a plugin of the same name; uninstall one of them."
        is_settled = any(rival.is_shipped for rival in rivals)
        self._statuses.append(_leave_out(candidate, reason) if is_settled else self._reject(candidate, reason))
        return True

    def _admit(self, candidate: Candidate) -> PluginStatus:
        if candidate.name in self._selection.disable:
            return _status(candidate, PluginState.DISABLED, "disabled by the configuration")
        if not (candidate.is_named or self._selection.enable == "auto" or candidate.name in self._selection.enable):
            return _status(candidate, PluginState.NOT_SELECTED, "not in the list `enable`")
        if reason := self._selection.unusable.get(candidate.name):
            return _leave_out(candidate, reason)
        try:
            plugin = self._build(candidate)
            hooks = self._registry.add(candidate.name, plugin)
        except ConfigError as error:
            return self._reject(candidate, str(error), error)
        self._active[candidate.name] = plugin
        if not (candidate.is_named or candidate.is_shipped or self._selection.names(candidate.name)):
            self._strangers.add(candidate.name)
        return replace(_status(candidate, PluginState.ACTIVE, ""), hooks=hooks)

    def _reject(self, candidate: Candidate, reason: str, error: Exception | None = None) -> PluginStatus:
        """Report a plugin that was found and cannot be used; one that was named stops the start."""
        if candidate.is_named or self._selection.names(candidate.name):
            raise PluginUnusable(f"Plugin {candidate.name!r} ({candidate.origin}): {reason}", candidate.name) from error
        if candidate.extras and error and isinstance(error.__cause__, ModuleNotFoundError):
            return _status(candidate, PluginState.NOT_SELECTED, reason)
        return _leave_out(candidate, reason)

    def _build(self, candidate: Candidate) -> Plugin[Any]:
        found = _import(candidate)
        if isinstance(found, Plugin):
            return found
        settings = _settings(found.settings_type, candidate.name, self._selection.settings.get(candidate.name, {}))
        try:
            return found(settings)
        except (Exception, SystemExit) as error:
            raise ConfigError(f"It cannot be built: {type(error).__name__}: {error}") from error

    def _with_quarantine(self, status: PluginStatus) -> PluginStatus:
        if status.state is not PluginState.ACTIVE or not (reason := self.quarantine.dropped(status.name)):
            return status
        effect = "Its hooks refuse" if self.quarantine.refusal(status.name) else "Only its observer is not called"
        return replace(status, state=PluginState.QUARANTINED, reason=f"{effect}: {reason}")


def _status(candidate: Candidate, state: PluginState, reason: str) -> PluginStatus:
    return PluginStatus(
        name=candidate.name,
        version=candidate.version,
        distribution=candidate.distribution,
        state=state,
        reason=reason,
    )


def _leave_out(candidate: Candidate, reason: str) -> PluginStatus:
    logger.warning("Plugin %s (%s) is left out: %s", candidate.name, candidate.origin, reason)
    return _status(candidate, PluginState.FAILED, reason)


def _import(candidate: Candidate) -> type[Plugin[Any]] | Plugin[Any]:
    try:
        return candidate.load()
    except ConfigError:
        raise
    except ModuleNotFoundError as error:
        wanted = f"{candidate.distribution}[{','.join(candidate.extras)}]"
        remedy = f" Write `pip install '{wanted}'` to use it." if candidate.extras else ""
        raise ConfigError(f"{error}.{remedy}") from error
    except (Exception, SystemExit) as error:
        raise ConfigError(f"It cannot be imported: {type(error).__name__}: {error}") from error


def _settings(model: Any, name: str, table: Mapping[str, Any]) -> PluginSettings:
    if not (isinstance(model, type) and issubclass(model, PluginSettings)):
        raise ConfigError("Its settings_type has to be a subclass of PluginSettings.")
    try:
        return validated(model, table)
    except ValidationError as error:
        raise ConfigError(explain(error, model, f"plugins.{name}")) from None
