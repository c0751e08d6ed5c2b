"""Where plugins come from: installed distributions, and files that the configuration names.

Finding a plugin imports nothing of it. Nothing is ever found in the working directory.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from agentchatbus.errors import ConfigError
from agentchatbus.plugin import PROJECT, Plugin

PluginType = type[Plugin[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin that was found and not yet imported.

    Attributes:
        name: Its name in the configuration.
        load: Imports it and returns its class, or the instance somebody built already.
        origin: Where it comes from, in words.
        distribution: The installed distribution, empty when there is none.
        version: The distribution's version, empty when there is none.
        extras: What ``pip install`` has to be told so that its own requirements are there.
        is_named: Whether it is here because somebody named it, not because it was found.
    """

    name: str
    load: Callable[[], PluginType | Plugin[Any]]
    origin: str
    distribution: str = ""
    version: str = ""
    extras: tuple[str, ...] = ()
    is_named: bool = False

    @property
    def is_shipped(self) -> bool:
        return self.distribution == PROJECT


def installed() -> list[Candidate]:
    """Return the plugins of all installed distributions: others' first, then ours, each by name."""
    found = [_of_entry_point(entry) for entry in importlib.metadata.entry_points(group=PROJECT)]
    return sorted(found, key=lambda item: (item.is_shipped, item.name, item.distribution))


def of_file(path: Path) -> Candidate:
    """Return the plugin that one file defines; its name is the file's, without ``.py``."""
    file = path.expanduser().resolve()
    return Candidate(name=file.stem, load=lambda: _load_file(file), origin=f"file {path}", is_named=True)


def of_instance(name: str, plugin: Plugin[Any]) -> Candidate:
    """Return a plugin that is built already."""
    return Candidate(name=name, load=lambda: plugin, origin="given to the bus", is_named=True)


def _of_entry_point(entry: EntryPoint) -> Candidate:
    distribution = entry.dist.name.lower() if entry.dist else ""
    return Candidate(
        name=entry.name,
        load=lambda: _plugin_type(entry.load(), entry.value),
        origin=f"distribution {distribution}",
        distribution=distribution,
        version=entry.dist.version if entry.dist else "",
        extras=tuple(entry.extras),
    )


def _plugin_type(found: Any, where: str) -> PluginType:
    if isinstance(found, type) and issubclass(found, Plugin) and found is not Plugin:
        return found
    raise ConfigError(f"{where} is not a subclass of Plugin.")


def _load_file(file: Path) -> PluginType:
    if file.suffix != ".py" or not file.is_file():
        raise ConfigError(f"{file} is not an existing .py file.")
    module = _import_file(file)
    return _only_one(
        [
            item
            for item in vars(module).values()
            if isinstance(item, type) and issubclass(item, Plugin) and item.__module__ == module.__name__
        ],
        file,
    )


def _only_one(types: Sequence[PluginType], file: Path) -> PluginType:
    if len(types) == 1:
        return types[0]
    found = ", ".join(item.__name__ for item in types) or "none"
    raise ConfigError(f"{file} has to define exactly one subclass of Plugin (found: {found}).")


def _import_file(file: Path) -> ModuleType:
    """Run the file as a module of its own; two files of the same name do not meet."""
    name = f"{PROJECT}_file_{file.stem}_{sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations of settings are looked up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
