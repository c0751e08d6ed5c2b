"""The commands ``config ...``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from agentchatbus.cli.masking import masked, masked_settings
from agentchatbus.cli.options import configured
from agentchatbus.config import Config


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command()
@configured
def check(config: Config) -> None:
    """Load everything, open nothing, and print what is in force.

    Each value comes with its source: a file, a variable of the environment, an option, or the default. Secrets are
    masked, passwords within a URI, too. Something that cannot be used ends the command with exit code 2.
    """
    from agentchatbus.app import check_exposure
    from agentchatbus.choosing import check_search, choose_storage
    from agentchatbus.selecting import load_plugins

    check_exposure(config)
    manager = load_plugins(config)
    choose_storage(config, manager)
    check_search(config, manager)
    settings = {name: masked_settings(plugin.settings) for name, plugin in sorted(manager.active.items())}
    click.echo("\n".join(_lines(config, settings)))


def _lines(config: Config, settings: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"# Configuration file: {config.file or 'none'}"
    for name in ("server", "plugins", "storage", "search", "bus", "limits"):
        yield from _table(name, getattr(config, name).model_dump(), config.sources)
    for name, table in settings.items():
        if table:
            yield from _table(f"plugins.{name}", table, config.sources)


def _table(name: str, values: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[str]:
    yield f"\n[{name}]"
    for key, value in values.items():
        source = sources.get(f"{name}.{key}") or sources.get(f"{name.replace('-', '_')}.{key}", "default")
        if value is None:
            yield f"# {key} is not set  ({source})"
        else:
            yield f"{key} = {_toml(masked(key, value))}  # {source}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
