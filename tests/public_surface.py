"""The public surface as text: `python -m tests.public_surface` writes the snapshot and the reference page anew.

Do that when you changed the surface on purpose, look at the difference, and say in the changelog what is new; what a
removal or a change takes is in docs/reference/deprecation.md.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
SNAPSHOT = ROOT / "tests" / "public_surface.txt"
PAGE = ROOT / "docs" / "reference" / "plugin-api.md"
CONTRACTS = sorted(path.parent.name for path in (ROOT / "agentchatbus/testing/contracts").glob("*/__init__.py"))
MODULES = {
    "agentchatbus.plugin_api": "Everything a plugin may use.",
    "agentchatbus.testing": "A real bus for tests. Plugins use it in their tests.",
    **{
        f"agentchatbus.testing.contracts.{name}": f"The suite that every {name} has to pass; subclass it in your tests."
        for name in CONTRACTS
    },
}
OURS = "agentchatbus"
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
INTRODUCTION = """# The plugin API

<!-- Written by `python -m tests.public_surface`; what stands here is what the code says. -->

The names below are the public surface: they stay as they are within a major version, and what goes is
[deprecated](deprecation.md) first. Everything else of the bus may change in any release.

`agentchatbus.testing.fixtures` holds the fixtures `make_bus` and `clock` for pytest: write
`pytest_plugins = ["agentchatbus.testing.fixtures"]` into your `conftest.py`.
"""


def surface() -> str:
    """Return every public name with its signature or its members, a line each."""
    lines = (line for module in MODULES for name in names_of(module) for line in _lines(module, name))
    return "".join(f"{ADDRESS.sub('', line)}\n" for line in lines)


def names_of(module: str) -> list[str]:
    """Return the literal ``__all__`` of a module."""
    return list(importlib.import_module(module).__all__)


def summary_of(module: str, name: str) -> str:
    """Return the first paragraph of what documents a name, or nothing."""
    value = _value(module, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
        generated = dataclasses.is_dataclass(value) and (text or "").startswith(f"{name}(")
        paragraph = "" if generated else inspect.cleandoc(text or "").partition("\n\n")[0]
    elif inspect.ismodule(value):
        paragraph = (value.__doc__ or "").partition("\n\n")[0]
    else:
        paragraph = _documented_assignments().get(name, "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def _value(module: str, name: str) -> Any:
    """Return what a name stands for; of a function with a cache around it, the function."""
    value = getattr(importlib.import_module(module), name)
    return inspect.unwrap(value) if hasattr(value, "__wrapped__") else value


def page() -> str:
    """Return the reference page."""
    parts = [INTRODUCTION]
    for module, introduction in MODULES.items():
        rows = [
            f"| `{name}` | {_kind(module, name)} | {_cell(summary_of(module, name))} |" for name in names_of(module)
        ]
        parts.append(
            "\n".join([f"## {module}", "", introduction, "", "| name | is | meaning |", "|---|---|---|", *rows])
        )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _lines(module: str, name: str) -> Iterator[str]:
    value = _value(module, name)
    full = f"{module}.{name}"
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"{full}: {_kind(module, name)}({bases})"
        yield from sorted(f"{full}.{member}" for member in _members(value))
    elif inspect.isfunction(value):
        yield f"{full}{_signature(value)}"
    elif inspect.ismodule(value):
        yield f"{full}: module"
        yield from (line for inner in value.__all__ for line in _lines(value.__name__, inner))
    else:
        yield f"{full}: {_kind(module, name)}"


def _members(kind: type[Any]) -> Iterator[str]:
    if issubclass(kind, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in kind)
    elif dataclasses.is_dataclass(kind):
        yield from (f"{field.name}: {field.type}{_default(field)}" for field in dataclasses.fields(kind))
    elif issubclass(kind, BaseModel):
        yield from (f"{name}: field" for name in kind.model_fields)
    seen = set()
    for owner in kind.__mro__:
        if owner.__module__.partition(".")[0] == OURS:
            for name, member in vars(owner).items():
                if not name.startswith("_") and name not in seen and (text := _member(name, member)):
                    seen.add(name)
                    yield text


def _member(name: str, member: object) -> str | None:
    function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
    if isinstance(function, property):
        return f"{name}: property"
    if inspect.isfunction(function):
        colour = "async " if inspect.iscoroutinefunction(function) else ""
        return f"{colour}{name}{_signature(function)}"
    return None


def _signature(function: Any) -> str:
    return str(inspect.signature(function)).replace("'", "")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f" = {field.default!r}"
    return " = ..." if field.default_factory is not dataclasses.MISSING else ""


def _kind(module: str, name: str) -> str:
    value = _value(module, name)
    if inspect.ismodule(value):
        return "module"
    if not inspect.isclass(value):
        return _kind_of_value(value)
    if issubclass(value, BaseException):
        return "error"
    if issubclass(value, enum.Enum):
        return "enumeration"
    return "protocol" if getattr(value, "_is_protocol", False) else "class"


def _kind_of_value(value: object) -> str:
    if inspect.isroutine(value):
        return "function"
    return "type" if type(value).__module__ in ("typing", "types", "collections.abc") else "value"


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


@cache
def _documented_assignments() -> dict[str, str]:
    """Return the strings below assignments in the kernel, by the name that is assigned."""
    found = {}
    for path in sorted((ROOT / OURS).rglob("*.py")):
        body = ast.parse(path.read_text()).body
        for statement, following in pairwise(body):
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
                    if isinstance(target, ast.Name) and isinstance(following.value.value, str):
                        found.setdefault(target.id, inspect.cleandoc(following.value.value))
    return found


if __name__ == "__main__":
    SNAPSHOT.write_text(surface())
    PAGE.write_text(page())
    sys.stdout.write(f"Wrote {SNAPSHOT.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}.\n")
