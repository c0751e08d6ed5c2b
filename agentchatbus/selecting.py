"""Which plugins the configuration selects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agentchatbus import discovery
from agentchatbus.config import Config
from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.plugin import Plugin
from agentchatbus.plugins import PluginManager, PluginSelection


def load_plugins(
    config: Config, plugins: Sequence[Plugin[Any]] = (), *, unusable: Mapping[str, str] | None = None
) -> PluginManager:
    """Import, build and register the plugins that the configuration selects; opens nothing.

    Args:
        config: Selects them.
        plugins: Further ones that are built already.
        unusable: Those that are known not to fit in, and why.

    Raises:
        PluginUnusable: A plugin that the configuration names cannot be used.
        ConfigError: The configuration names one that there is not.
    """
    extra = [(plugin_name(plugin), plugin) for plugin in plugins]
    manager = PluginManager(_selection(config, [name for name, _ in extra], unusable or {}))
    try:
        manager.load(extra)
    except ConfigError as error:
        raise _with_source(error, config) from error
    return manager


def _with_source(error: ConfigError, config: Config) -> ConfigError:
    """Return the error with the files and variables that wrote what it complains of."""
    sources = _sources(str(error), config)
    text = f"{', '.join(sources)}: {error}" if sources else str(error)
    return PluginUnusable(text, error.plugin) if isinstance(error, PluginUnusable) else ConfigError(text)


def _sources(said: str, config: Config) -> Iterable[str]:
    """Return who wrote the keys of plugins that an error names, or else their tables."""
    written = [(key.rpartition("."), source) for key, source in config.sources.items() if key.count(".") > 1]
    of_keys = [source for (table, _, key), source in written if any(text in said for text in _places(table, key))]
    return dict.fromkeys(of_keys or (source for (table, *_), source in written if f"[{table}]" in said))


def _places(table: str, key: str) -> Iterator[str]:
    """Yield how a sentence about a key begins; plugins may have hyphens where variables have underscores."""
    for spelling in dict.fromkeys((table, table.replace("_", "-"))):
        yield f"[{spelling}] {key}:"
        yield f"[{spelling}] has no key {key!r}"
        yield f"[{spelling}.{key}]"


def plugin_name(plugin: Plugin[Any]) -> str:
    """Return the name of a plugin that was built by hand: its file's, or its class's as a configuration writes it."""
    name = type(plugin).__name__.removesuffix("Plugin")
    return discovery.file_name(plugin) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _selection(config: Config, extra: Sequence[str], unusable: Mapping[str, str]) -> PluginSelection:
    names = {candidate.name for candidate in discovery.installed()} | {path.stem for path in config.plugins.paths}
    names.update(extra)
    return PluginSelection(
        enable=config.plugins.enable,
        disable=config.plugins.disable,
        left_out=config.left_out,
        paths=config.plugins.paths,
        settings=_plugin_settings(config, names),
        unusable=unusable,
    )


def _plugin_settings(config: Config, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    settings: dict[str, dict[str, Any]] = {}
    for name, table in config.plugin_settings.items():
        if name in names or name not in config.if_installed:
            settings.setdefault(_known_name(name, names), {}).update(table)
    return settings


def _known_name(name: str, names: Iterable[str]) -> str:
    """Return the plugin's name; environment variables cannot hold its hyphens."""
    return next((known for known in names if known.replace("-", "_") == name), name)
