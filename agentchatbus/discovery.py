"""Where plugins come from: installed distributions, and files that the configuration names.

Finding a plugin imports nothing of it. Nothing is ever found in the working directory.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, EntryPoint
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from agentchatbus.errors import ConfigError
from agentchatbus.plugin import PROJECT, Plugin

logger = logging.getLogger(__name__)

PluginType = type[Plugin[Any]]

FILE_PREFIX = f"{PROJECT}_file_"
DIGEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin that was found and not yet imported.

    Attributes:
        name: Its name in the configuration.
        load: Imports it and returns its class, or the instance somebody built already.
        origin: Where it comes from, in words.
        module: The module that defines it, empty when nothing says.
        distribution: The installed distribution, empty when there is none.
        version: The distribution's version, empty when there is none.
        extras: What ``pip install`` has to be told so that its own requirements are there.
        is_named: Whether it is here because somebody named it, not because it was found.
    """

    name: str
    load: Callable[[], PluginType | Plugin[Any]]
    origin: str
    module: str = ""
    distribution: str = ""
    version: str = ""
    extras: tuple[str, ...] = ()
    is_named: bool = False

    @property
    def is_shipped(self) -> bool:
        return self.distribution == PROJECT


def installed() -> list[Candidate]:
    """Return the plugins of all installed distributions: others' first, then ours, each by name."""
    found = [_of_entry_point(entry) for entry in _entry_points()]
    return sorted(found, key=lambda item: (item.is_shipped, item.name, item.distribution))


def of_file(path: Path) -> Candidate:
    """Return the plugin that one file defines; its name is the file's, without ``.py``."""
    file = path.expanduser().resolve()
    return Candidate(
        name=file.stem,
        load=lambda: _load_file(file),
        origin=f"file {path}",
        module=_module_name(file),
        is_named=True,
    )


def of_instance(name: str, plugin: Plugin[Any]) -> Candidate:
    """Return a plugin that is built already."""
    return Candidate(name=name, load=lambda: plugin, origin="given to the bus", is_named=True)


def file_name(plugin: Plugin[Any]) -> str:
    """Return the name of the file that defines a plugin, without ``.py``; empty when it came another way."""
    module = type(plugin).__module__
    return module.removeprefix(FILE_PREFIX)[: -DIGEST - 1] if module.startswith(FILE_PREFIX) else ""


def _entry_points() -> Iterable[EntryPoint]:
    """Return the entry points of the project's group, one distribution's damage aside.

    As for imports, the first distribution of a name on the path hides the others.
    """
    try:
        return importlib.metadata.entry_points(group=PROJECT)
    except Exception:
        logger.debug("The entry points are read one distribution after another", exc_info=True)
    found: dict[str, list[EntryPoint]] = {}
    for distribution in importlib.metadata.distributions():
        try:
            found.setdefault(
                distribution.name.lower().replace("_", "-"), list(distribution.entry_points.select(group=PROJECT))
            )
        except Exception as error:
            place = getattr(distribution, "_path", "an installed distribution")
            logger.warning("%s declares entry points that cannot be read: %s", place, error)
    return chain.from_iterable(found.values())


def _of_entry_point(entry: EntryPoint) -> Candidate:
    distribution, version = _described(entry.dist)
    return Candidate(
        name=entry.name,
        load=lambda: _plugin_type(_load_entry(entry), entry.value),
        origin=f"distribution {distribution}",
        module=entry.module if _is_readable(entry) else "",
        distribution=distribution,
        version=version,
        extras=tuple(entry.extras) if _is_readable(entry) else (),
    )


def _described(distribution: Distribution | None) -> tuple[str, str]:
    """Return the name and the version of a distribution, empty where its metadata do not say."""
    if distribution is None:
        return "", ""
    try:
        return distribution.name.lower(), distribution.version or ""
    except Exception:
        return "", ""


def _is_readable(entry: EntryPoint) -> bool:
    return EntryPoint.pattern.match(entry.value) is not None


def _load_entry(entry: EntryPoint) -> Any:
    if not _is_readable(entry):
        raise ConfigError(f"its entry point {entry.value!r} is not written as `module:attribute`.")
    return entry.load()


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


def _module_name(file: Path) -> str:
    return f"{FILE_PREFIX}{file.stem}_{sha256(str(file).encode()).hexdigest()[:DIGEST]}"


def _import_file(file: Path) -> ModuleType:
    """Run the file as a module of its own; two files of the same name do not meet."""
    name = _module_name(file)
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
