"""Values for the tables of plugins, as the plugins themselves read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from agentchatbus.config.plugin_tables import PREFIX, locked, properties_of
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean
from agentchatbus.plugin import Plugin

Problem = tuple[str, str]
"""A dotted key, and what is wrong with its value."""


class PluginTables:
    """The settings of the plugins that are active."""

    def __init__(self, active: Mapping[str, Plugin[Any]]) -> None:
        self._active = active

    def in_force(self) -> dict[str, BaseModel]:
        """Return the settings of each plugin that has some, by its name."""
        return {
            name: item.settings for name, item in sorted(self._active.items()) if properties_of(type(item.settings))
        }

    def value(self, plugin: str, field: str) -> Any:
        """Return what is in force, as it would be saved."""
        return self._active[plugin].settings.model_dump(mode="json")[field]

    def problems(self, plugin: str, values: Mapping[str, Any]) -> list[Problem]:
        """Return why values cannot be saved; None stands for a value that is given up, which always can."""
        if plugin not in self._active:
            return [(_key(plugin, ""), f"No active plugin is named {plugin!r}.{did_you_mean(plugin, self._active)}")]
        found = list(self._unknown(plugin, values))
        if not found:
            try:
                self.read(plugin, values)
            except ValidationError as error:
                found = list(_problems(plugin, error))
            except ConfigError as error:
                found = [(_key(plugin, next(iter(values))), str(error))]
        return found

    def read(self, plugin: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as the plugin reads them.

        Raises:
            ValidationError: Some cannot be used.
            ConfigError: The plugin cannot be built with them.
        """
        given = {name: value for name, value in values.items() if value is not None}
        kind = type(self._active[plugin])
        before = self._active[plugin].settings
        settings = type(before).model_validate({**before.model_dump(), **given})
        try:
            kind(settings)
        except Exception as error:
            raise ConfigError(f"The plugin cannot be built with this: {error}") from error
        read = settings.model_dump(mode="json")
        return {name: read[name] if value is not None else None for name, value in values.items()}

    def _unknown(self, plugin: str, values: Mapping[str, Any]) -> Iterator[Problem]:
        known = properties_of(type(self._active[plugin].settings))
        for name in values:
            if name not in known:
                yield _key(plugin, name), f"There is no setting {name!r}.{did_you_mean(name, known)}"
            elif reason := locked(known[name]):
                yield _key(plugin, name), reason


def _problems(plugin: str, error: ValidationError) -> Iterator[Problem]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        yield _key(plugin, str(next(iter(problem["loc"]), ""))), problem["msg"]


def _key(plugin: str, name: str) -> str:
    return f"{PREFIX}{plugin}.{name}".rstrip(".")
