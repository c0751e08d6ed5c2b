"""Writing plugin projects from templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from agentchatbus import __version__, discovery
from agentchatbus.errors import ConfigError
from agentchatbus.plugin import PROJECT

NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
LONGEST = 32
SUFFIXES = ("Plugin", "Settings", "Index", "Operations", "Params", "Storage", "App")
PREFIXES = (f"{PROJECT}-", f"{PROJECT}_")

KINDS: Mapping[str, str] = {
    "filter": "Refuses messages that contain an unwelcome word.",
    "transform": "Replaces shortcuts in messages by what they stand for.",
    "limit": "Refuses callers that post too often.",
    "observer": "Counts what happens on the bus.",
    "operation": "Offers an operation, which is an MCP tool and a REST route.",
    "transport": "Offers the operations of the bus as plain JSON over HTTP.",
    "search": "Finds messages that contain every word of a query.",
    "storage": "Keeps everything that the bus stores.",
}
"""What a new project of each kind begins as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the parts of a project are called.

    Attributes:
        plugin: In the configuration: ``no-shouting``.
        distribution: For pip: ``agentchatbus-no-shouting``.
        package: For import: ``agentchatbus_no_shouting``.
        key: In operations: ``no_shouting``.
        cls: Before ``Plugin``: ``NoShouting``.
    """

    plugin: str
    distribution: str
    package: str
    key: str
    cls: str

    @classmethod
    def of(cls, name: str) -> Names:
        """Return the names that follow from a plugin's.

        Raises:
            ConfigError: The name cannot be used; the message says what to write.
        """
        plugin = name.removeprefix(PREFIXES[0]).removeprefix(PREFIXES[1])
        if not NAME.fullmatch(plugin) or len(plugin) > LONGEST:
            raise ConfigError(
                f"{name!r} cannot be a plugin's name. Write lower-case letters, digits and single hyphens, a letter "
                f"first, {LONGEST} characters at most: no-shouting, for example."
            )
        words = re.split("[-_]", plugin)
        names = cls(
            plugin=plugin,
            distribution=f"{PROJECT}-{'-'.join(words)}",
            package=f"{PROJECT}_{'_'.join(words)}",
            key="_".join(words),
            cls="".join(word.capitalize() for word in words),
        )
        names._require_free()
        return names

    def _require_free(self) -> None:
        from agentchatbus import plugin_api

        for candidate in discovery.installed():
            if candidate.name == self.plugin:
                raise ConfigError(
                    f"There is a plugin named {self.plugin!r} already ({candidate.origin}). Choose another."
                )
        # Installing the project would overwrite what has its name now, a part of the bus perhaps.
        if taken := self._taken():
            raise ConfigError(f"There is a {taken} here already. Choose another name: own-{self.plugin}, for example.")
        for suffix in SUFFIXES:
            if self.cls + suffix in plugin_api.__all__:
                raise ConfigError(f"{self.cls + suffix} is a name of the bus itself. Choose another name.")

    def _taken(self) -> str:
        """Return what is installed under one of these names; empty when nothing is."""
        if find_spec(self.package) is not None:
            return f"package {self.package}"
        try:
            distribution(self.distribution)
        except PackageNotFoundError:
            return ""
        return f"distribution {self.distribution}"


def project(names: Names, kind: str) -> dict[str, str]:
    """Return the files of a new project: text by path."""
    values = {
        "plugin": names.plugin,
        "distribution": names.distribution,
        "package": names.package,
        "key": names.key,
        "cls": names.cls,
        "version": __version__,
        "below": str(int(__version__.partition(".")[0]) + 1),
        "summary": KINDS[kind],
        "settings": _template(kind, "settings.toml").strip(),
        "hint": _template(kind, "hint.md").strip(),
    }
    values["settings"] = Template(values["settings"]).substitute(values)
    values["hint"] = Template(values["hint"]).substitute(values)
    return {path: Template(text).substitute(values) for path, text in _texts(names, kind)}


def write(texts: Mapping[str, str], folder: Path) -> list[str]:
    """Write the files of a project into a folder that is new or empty, all of them or none.

    Returns:
        Their paths inside the folder.

    Raises:
        ConfigError: Something is there already, or a file cannot be written.
    """
    made: list[Path] = []
    try:
        _require_empty(folder)
        for path, text in texts.items():
            _make(folder / path, text, made)
    except OSError as error:
        _remove(made)
        place = made[-1] if made else folder
        reason = error.strerror or str(error)
        raise ConfigError(f"{error.filename or place} cannot be written: {reason}. Nothing was left behind.") from error
    return sorted(texts)


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            f"{folder} exists already and is not empty. Nothing was written; choose another name or folder."
        )


def _make(file: Path, text: str, made: list[Path]) -> None:
    """Write a file and make its folders; note each before it is begun, as a file may be left half written."""
    for parent in reversed([parent for parent in file.parents if not parent.exists()]):
        parent.mkdir()
        made.append(parent)
    made.append(file)
    file.write_text(text, encoding="utf-8")


def _remove(made: Sequence[Path]) -> None:
    """Take back what was made; what cannot be removed either stays."""
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


def _texts(names: Names, kind: str) -> Iterator[tuple[str, str]]:
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        yield name, _template("common", name)
    yield ".gitignore", _template("common", "gitignore")
    yield f"src/{names.package}/py.typed", ""
    yield f"src/{names.package}/__init__.py", _template(kind, "plugin.py")
    yield "tests/conftest.py", _template("common", "conftest.py")
    yield f"tests/test_{names.key}.py", _template(kind, "test.py")


def _template(kind: str, name: str) -> str:
    return (files(__package__) / "templates" / kind / f"{name}.tmpl").read_text(encoding="utf-8")
