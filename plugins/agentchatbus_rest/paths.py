"""Finds the handler of a path, in a time that grows with the path and not with the number of routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from agentchatbus_rest.http import Handler, Scope


@dataclass(frozen=True, slots=True)
class Target:
    """The handler of one method of one path, and the names of the path's variables."""

    handler: Handler
    names: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    targets: dict[str, Target] = field(default_factory=dict)


class Paths:
    """A tree of path segments; a literal one goes before a name in braces."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, path: str, handler: Handler) -> bool:
        """Add a handler; return whether its place was free."""
        node = self._root
        for segment in path.split("/")[1:]:
            if not is_variable(segment):
                node = node.literals.setdefault(segment, _Node())
            else:
                node.variable = node.variable or _Node()
                node = node.variable
        if method in node.targets:
            return False
        node.targets[method] = Target(handler, variables(path))
        return True

    def find(self, path: str) -> tuple[Mapping[str, Target], Sequence[str]] | None:
        """Return the targets of a path by method, and the values of its variables; None when there is no such path.

        Args:
            path: Still percent-encoded, so that a value may contain a slash.
        """
        segments = path.split("/")
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        values: list[str] = []
        node = _descend(self._root, segments, 1, values)
        return None if node is None else (node.targets, values)


def _descend(node: _Node, segments: Sequence[str], index: int, values: list[str]) -> _Node | None:
    if index == len(segments):
        return node if node.targets else None
    segment = segments[index]
    child = node.literals.get(segment)
    if child is not None and (found := _descend(child, segments, index + 1, values)) is not None:
        return found
    if node.variable is None or not segment:
        return None
    values.append(segment)
    if (found := _descend(node.variable, segments, index + 1, values)) is None:
        values.pop()
    return found


def raw_path(scope: Scope) -> str:
    """Return a request's path as it was sent."""
    raw: bytes | None = scope.get("raw_path")
    path: str = scope["path"]
    return raw.decode("latin-1") if raw is not None else path


def variables(path: str) -> tuple[str, ...]:
    """Return the names in braces in a route's path."""
    return tuple(segment[1:-1] for segment in path.split("/") if is_variable(segment))


def is_variable(segment: str) -> bool:
    """Return whether a segment of a route's path stands for a value."""
    return segment.startswith("{") and segment.endswith("}")
