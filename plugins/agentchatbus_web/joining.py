"""The page's own modules joined to one, because a browser that asks for fifty small files waits for most of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\}|(?P<whole>\w+)) from "(?P<path>[^"]+)";\n', re.MULTILINE)
FORWARD = re.compile(r'^export \{(?P<names>[^}]*)\} from "(?P<path>[^"]+)";\n', re.MULTILINE)
LISTED = re.compile(r"^export \{(?P<names>[^}]*)\};\n", re.MULTILINE)
DECLARED = re.compile(r"^export (?=(?:async function|function|class|const) (?P<name>\w+))", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
OWN = "js/"


class Joined:
    """A module and all that it imports, as the text of one module.

    Each becomes a function of its own, so that no two names meet; libraries stay files, which the text imports.

    Attributes:
        libraries: The paths of the libraries.
    """

    def __init__(self, entry: str, place: str, read: Callable[[str], str]) -> None:
        """Join them.

        Args:
            entry: Path of the module that begins.
            place: Path that the joined module is to have.
            read: Returns the text of the module at a path.

        Raises:
            ValueError: Modules import each other in a circle, or one of them imports or exports in another form.
        """
        self._place = place
        self._read = read
        self._names: dict[str, str] = {}
        self._parts: list[str] = []
        self.libraries: list[str] = []
        self._add(entry, ())

    @property
    def text(self) -> str:
        """The text of the joined module."""
        folder = posixpath.dirname(self._place)
        imports = [
            f'import * as {self._names[path]} from "{posixpath.relpath(path, folder)}";' for path in self.libraries
        ]
        return "\n".join([*imports, *self._parts, ""])

    def _add(self, path: str, above: tuple[str, ...]) -> str:
        """Add a module after those that it imports, once; return under which name it is known."""
        if path in above:
            raise ValueError(f"Modules import each other: {' -> '.join([*above, path])}")
        if path not in self._names and path.startswith(OWN):
            self._parts.append(self._wrapped(path, above))
        elif path not in self._names:
            self.libraries.append(path)
        return self._names.setdefault(path, f"${len(self._names)}")

    def _wrapped(self, path: str, above: tuple[str, ...]) -> str:
        text, folder = self._read(path), posixpath.dirname(path)
        exported: list[str] = []

        def module(match: re.Match[str]) -> str:
            return self._add(posixpath.normpath(posixpath.join(folder, match["path"])), (*above, path))

        def take(match: re.Match[str]) -> str:
            wanted = ", ".join(_renamed(match["names"])) if match["names"] else f"default: {match['whole']}"
            return f"const {{ {wanted} }} = {module(match)};\n"

        def hand_on(match: re.Match[str]) -> str:
            name = module(match)
            exported.extend(f"{item}: {name}.{item}" for item in _listed(match["names"]))
            return ""

        text = FORWARD.sub(hand_on, IMPORT.sub(take, text))
        exported += [match["name"] for match in DECLARED.finditer(text)]
        exported += [item for match in LISTED.finditer(text) for item in _listed(match["names"])]
        text = DECLARED.sub("", LISTED.sub("", text))
        if other := OTHER.search(text):
            raise ValueError(f"{path}: modules of the page do not say: {other[0]}")
        self._names[path] = f"${len(self._names)}"
        return f"// {path}\nconst {self._names[path]} = (() => {{\n{text}return {{ {', '.join(exported)} }};\n}})();"


def _listed(names: str) -> Iterator[str]:
    return (name.strip() for name in names.split(",") if name.strip())


def _renamed(names: str) -> Iterator[str]:
    """Yield names of an import as a destructuring says them."""
    return (name.replace(" as ", ": ") for name in _listed(names))
