"""Reading the configuration from its sources and putting it together."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentchatbus.config import environment
from agentchatbus.config.saved import read_saved, saved_file
from agentchatbus.config.tables import TABLES, Config, default_data_dir
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean, explain

FILE_NAME = "agentchatbus.toml"
DATA_DIR = "server.data_dir"
DISABLE = "plugins.disable"
PATH_KEYS = frozenset({DATA_DIR, "plugins.paths"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line says.

    Attributes:
        values: Values by dotted key, such as ``server.port``; None counts as not given.
        plugins: ``name`` takes a plugin, ``no:name`` leaves it out, ``path/to/file.py`` loads a file.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    plugins: Sequence[str] = ()


_Source = tuple[str, Mapping[str, Any], Path | None]
"""Its name, what it says, and the folder that its paths are relative to."""


@dataclass(slots=True)
class _Draft:
    """The configuration while it is put together; a later source replaces values of an earlier one."""

    tables: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in TABLES})
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    saved_in: str = ""
    left_out: list[str] = field(default_factory=list)

    def take(self, source: str, document: Mapping[str, Any], base: Path | None = None) -> None:
        """Take over what one source says, in the form of the file."""
        for name, table in document.items():
            self._take_table(source, name, table, base)

    def select(self, picks: Sequence[str]) -> None:
        """Take over what the command line says about plugins."""
        for pick in picks:
            if pick.endswith(".py"):
                self._put("-p", "plugins.paths", (*self.tables["plugins"].get("paths", ()), _absolute(Path(pick))))
            elif pick.startswith("no:"):
                self.left_out.append(pick.removeprefix("no:"))
                self._put("-p", DISABLE, (pick.removeprefix("no:"),))
            else:
                self._require(pick)

    def _take_table(self, source: str, name: str, table: Any, base: Path | None) -> None:
        if name not in TABLES:
            raise ConfigError(f"{source}: there is no table [{name}].{did_you_mean(name, TABLES)}")
        if not isinstance(table, Mapping):
            raise ConfigError(f"{source}: {name} is a table; write [{name}] and its keys below it.")
        plain = dict(table)
        if name == "plugins":
            inner = {key: plain.pop(key) for key in list(plain) if isinstance(plain[key], Mapping)}
            for plugin, values in inner.items():
                self._take_plugin(source, plugin, values)
        for key, value in _validated(source, name, plain).items():
            dotted = f"{name}.{key}"
            self._put(source, dotted, _located(value, base) if dotted in PATH_KEYS else value)

    def _take_plugin(self, source: str, plugin: str, values: Mapping[str, Any]) -> None:
        table = self.plugins.setdefault(plugin, {})
        for key, value in values.items():
            inner = table.get(key)
            merges = isinstance(inner, Mapping) and isinstance(value, Mapping)
            table[key] = {**(inner or {}), **value} if merges else value
        if not environment.is_short_name(source) and source != self.saved_in:
            self.required.add(plugin)
        self.sources.update({f"plugins.{plugin}.{key}": source for key in values})

    def _put(self, source: str, dotted: str, value: Any) -> None:
        table, key = dotted.split(".")
        if dotted == DISABLE:  # whoever leaves a plugin out is heard, whatever the other sources say
            value = tuple(dict.fromkeys((*self.tables[table].get(key, ()), *value)))
            source = ", ".join(dict.fromkeys((*self.sources.get(dotted, source).split(", "), source)))
        self.tables[table][key] = value
        self.sources[dotted] = source

    def _require(self, plugin: str) -> None:
        table = self.tables["plugins"]
        table["disable"] = tuple(name for name in table.get("disable", ()) if name != plugin)
        if table.get("enable", "auto") != "auto":
            self._put("-p", "plugins.enable", tuple(dict.fromkeys((*table["enable"], plugin))))
        self.plugins.setdefault(plugin, {})
        self.required.add(plugin)

    def finish(self, file: Path | None) -> Config:
        """Return the configuration."""
        tables: dict[str, Any] = {name: model(**self.tables[name]) for name, model in TABLES.items()}
        return Config(
            **tables,
            plugin_settings=self.plugins,
            if_installed=frozenset(self.plugins.keys() - self.required),
            left_out=tuple(self.left_out),
            sources=self.sources,
            file=file,
        )


def load_config(path: Path | None = None, *, environ: Mapping[str, str], flags: Flags | None = None) -> Config:
    """Read the configuration.

    Args:
        path: The file; None takes the one that the environment names, else ``agentchatbus.toml`` in the data folder if
            there is one.
        environ: The environment.
        flags: What the command line says.

    Raises:
        ConfigError: Something in it cannot be used; the message names the source and the key.
    """
    flags = flags or Flags()
    given = {key: value for key, value in flags.values.items() if value is not None}
    variables = list(environment.settings(environ))
    file = path or _file_of(environ) or _default_file(variables, given)
    beginning = (str(file), _read(file), file.expanduser().absolute().parent) if file is not None else None
    wins = [(source, _nested(key, value), None) for source, key, value in [*variables, *_named(given)]]

    def config(*saved: _Source) -> Config:
        draft = _Draft(saved_in=saved[0][0] if saved else "")
        for source in [*([beginning] if beginning else []), *saved, *wins]:
            draft.take(*source)
        draft.select(flags.plugins)
        return draft.finish(file)

    unsaved = config()
    kept = saved_file(unsaved.server.data_dir)
    document = read_saved(kept)
    return config((str(kept), document, None)) if document else unsaved


def compose(document: Mapping[str, Any]) -> Config:
    """Return the configuration that a document of the file's form describes.

    Raises:
        ConfigError: Something in it cannot be used.
    """
    draft = _Draft()
    draft.take("configuration", document)
    return draft.finish(None)


def _named(given: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for key, value in given.items():
        yield "--" + ("db" if key == "plugins.sqlite.path" else key.rpartition(".")[2].replace("_", "-")), key, value


def _nested(dotted: str, value: Any) -> dict[str, Any]:
    for part in reversed(dotted.split(".")):
        value = {part: value}
    nested: dict[str, Any] = value
    return nested


def _file_of(environ: Mapping[str, str]) -> Path | None:
    text = environ.get(environment.CONFIG, "").strip()
    return Path(text) if text else None


def _default_file(variables: Sequence[tuple[str, str, Any]], given: Mapping[str, Any]) -> Path | None:
    folder: Any = default_data_dir()
    for key, value in [*((key, value) for _, key, value in variables), *given.items()]:
        folder = value if key == DATA_DIR else folder
    file = Path(folder).expanduser() / FILE_NAME
    return file if file.is_file() else None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.expanduser().read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"There is no configuration file {file}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not valid TOML: it is not UTF-8 text.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from None


def _validated(source: str, name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a source says in one table, with the right types."""
    model = TABLES[name]
    try:
        checked = model.model_validate(dict(table))
    except ValidationError as error:
        raise ConfigError(f"{source}: {explain(error, model, name)}") from None
    return {key: getattr(checked, key) for key in checked.model_fields_set}


def _located(value: Any, base: Path | None) -> Any:
    if isinstance(value, Path):
        return _absolute(value, base)
    return tuple(_absolute(path, base) for path in value)


def _absolute(path: Path, base: Path | None = None) -> Path:
    return (base or Path.cwd()) / path.expanduser()
