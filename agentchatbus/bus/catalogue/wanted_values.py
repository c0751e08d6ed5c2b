"""The values that somebody wants to save, checked before any of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from agentchatbus.bus.catalogue.plugin_settings import PluginTables, Problem
from agentchatbus.config.plugin_tables import PREFIX, split_key
from agentchatbus.config.saved import EDITABLE, checked, dotted_key
from agentchatbus.config.tables import Config
from agentchatbus.errors import ConfigError, InvalidRequest

Values = dict[str, Any]
"""Values by dotted key; None stands for a value that is not to be saved any more."""

WINNERS = ("AGENTCHATBUS_", "--")
"""Beginnings of the names of sources that win over what is saved."""


class WantedValues:
    """Turns what a client sends into what is saved."""

    def __init__(self, config: Config, check: Callable[[Config], None], plugins: PluginTables) -> None:
        self._config = config
        self._check = check
        self._plugins = plugins

    def of(self, given: Mapping[str, Any]) -> Values:
        """Return the values to save, as their tables read them.

        Raises:
            InvalidRequest: Something cannot be saved; the problems name it.
        """
        flat = dict(_flat(given))
        of_plugins = _by_plugin(flat)
        wanted: Values = {}
        problems = [problem for name, values in of_plugins.items() for problem in self._plugins.problems(name, values)]
        for name, value in flat.items():
            if split_key(name) is None:
                with _noting(name, problems):
                    wanted |= self._one(name, value)
        if not problems:
            for plugin, values in of_plugins.items():
                self._of_plugin(plugin, values, wanted, problems)
        if not problems:
            problems = self._together(wanted)
        if problems:
            errors = [{"type": "setting", "loc": (name,), "msg": text} for name, text in problems]
            raise InvalidRequest("; ".join(text for _, text in problems), errors=errors)
        return wanted

    def _one(self, name: str, value: Any) -> Values:
        key = dotted_key(name)
        if value is None:
            return {key: None}
        read = checked(self._config, key, value)
        table, _, field = key.partition(".")
        return self._unless_won(key, read, getattr(getattr(self._config, table), field))

    def _of_plugin(self, plugin: str, values: Values, wanted: Values, problems: list[Problem]) -> None:
        for name, value in self._plugins.read(plugin, values).items():
            key, in_force = f"{PREFIX}{plugin}.{name}", self._plugins.value(plugin, name)
            with _noting(key, problems):
                wanted |= {key: None} if value is None else self._unless_won(key, value, in_force)

    def _unless_won(self, key: str, read: Any, in_force: Any) -> Values:
        """Return what to save under a key, nothing when it is in force for good anyway.

        Raises:
            ConfigError: Something sets another value, which would win.
        """
        source = self._config.sources.get(key, "")
        if not source.startswith(WINNERS):
            return {key: list(read) if isinstance(read, tuple) else read}
        if in_force == read:
            return {}  # forms send everything, also what they cannot change
        raise ConfigError(f"{key} is set by {source}, which wins over saved settings")

    def _together(self, wanted: Values) -> list[Problem]:
        """Return what is wrong with the values as a whole."""
        server = {key.partition(".")[2]: value for key, value in wanted.items() if key.startswith("server.")}
        given = {name: value for name, value in server.items() if value is not None}
        try:
            self._check(replace(self._config, server=self._config.server.model_copy(update=given)))
        except ConfigError as error:
            return [("HOST", str(error))]
        return []


@contextmanager
def _noting(key: str, problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        problems.append((key, str(error)))


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values by name; a table may be given as an object."""
    for name, value in given.items():
        if name == "plugins" and isinstance(value, Mapping):
            for plugin, table in value.items():
                yield from _entries(f"{PREFIX}{plugin}", table)
        elif name in EDITABLE or (name.startswith(PREFIX) and split_key(name) is None):
            yield from _entries(name, value)
        else:
            yield name, value


def _entries(table: str, values: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(values, Mapping):
        yield from ((f"{table}.{key}", item) for key, item in values.items())
    else:
        yield table, values


def _by_plugin(flat: Values) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for name, value in flat.items():
        if place := split_key(name):
            found.setdefault(place[0], {})[place[1]] = value
    return found
