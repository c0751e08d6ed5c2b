"""Finding one plugin by its name, whatever the configuration says about it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from agentchatbus import discovery
from agentchatbus.config import Config
from agentchatbus.discovery import Candidate
from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.hints import did_you_mean
from agentchatbus.plugin import Plugin, PluginSettings
from agentchatbus.plugins import PluginManager, PluginState, PluginStatus
from agentchatbus.selecting import load_plugins

KINDS: Mapping[str, str] = {
    "register_": "provider",
    "lifespan": "provider",
    "authenticate": "first answer",
    "check_": "gate",
    "transform_": "transform",
    "on_": "observer",
}
"""What the beginning of a hook's name means."""


def kind_of(hook: str) -> str:
    """Return which kind of hook a name says it is."""
    return next((kind for prefix, kind in KINDS.items() if hook.startswith(prefix)), "hook")


def candidates(config: Config) -> list[Candidate]:
    """Return every plugin that is installed or named by a file."""
    return [*map(discovery.of_file, config.plugins.paths), *discovery.installed()]


def survey(config: Config) -> tuple[PluginManager, list[PluginStatus]]:
    """Load every plugin that can be loaded; one that keeps the bus from starting is a status like the others.

    Raises:
        ConfigError: The configuration names a plugin that there is not.
    """
    reasons: dict[str, str] = {}
    while True:
        try:
            manager = load_plugins(_without(config, tuple(reasons)))
        except PluginUnusable as error:
            if error.plugin in reasons:
                raise
            reasons[error.plugin] = f"{error} The bus does not start until it is mended or disabled."
        else:
            return manager, [_explained(status, reasons) for status in manager.statuses()]


def _without(config: Config, names: tuple[str, ...]) -> Config:
    disable = (*config.plugins.disable, *names)
    return replace(config, plugins=config.plugins.model_copy(update={"disable": disable}))


def _explained(status: PluginStatus, reasons: Mapping[str, str]) -> PluginStatus:
    """Return a status that gives the reason why a plugin was really left out."""
    reason = reasons.get(status.name)
    return replace(status, state=PluginState.FAILED, reason=reason) if reason else status


def find(config: Config, name: str) -> Candidate:
    """Return the plugin of this name.

    Raises:
        ConfigError: There is none.
    """
    found = candidates(config)
    for candidate in found:
        if candidate.name == name:
            return candidate
    raise ConfigError(f"No installed plugin is named {name!r}.{did_you_mean(name, [item.name for item in found])}")


def table_of(config: Config, name: str) -> Mapping[str, Any]:
    """Return the table ``[plugins.<name>]`` as it was written; variables of the environment write underscores."""
    spellings = dict.fromkeys((name.replace("-", "_"), name))
    return {key: value for spelling in spellings for key, value in config.plugin_settings.get(spelling, {}).items()}


def source_of(config: Config, name: str, key: str) -> str:
    """Return where a setting of a plugin comes from."""
    spellings = (f"plugins.{name}.{key}", f"plugins.{name.replace('-', '_')}.{key}")
    return next((config.sources[item] for item in spellings if item in config.sources), "default")


def harmless_settings(plugin_type: type[Plugin[Any]], table: Mapping[str, Any]) -> PluginSettings:
    """Return settings to try a plugin out with: its defaults, and from the configuration only what has none.

    So a plugin that is tried out does not use the real database, address or folder that the configuration names.
    """
    model = plugin_type.settings_type
    try:
        return model()
    except ValidationError:
        needed = {key: table[key] for key, field in model.model_fields.items() if field.is_required() and key in table}
        return model.model_validate(needed)


def meaning_of(model: type[PluginSettings], key: str) -> str:
    """Return what a setting means, as its field or the class's docstring describes it."""
    if description := model.model_fields[key].description:
        return description
    _, _, attributes = (inspect.getdoc(model) or "").partition("Attributes:\n")
    found = re.search(rf"^    {key}: (.*(?:\n      .*)*)", attributes, re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""
