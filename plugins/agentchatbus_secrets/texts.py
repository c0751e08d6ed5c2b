"""All texts in a JSON value, with the way to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

LONGEST_PART = 40


class Place(NamedTuple):
    """One text in a value.

    Attributes:
        where: The way to it, such as ``metadata.links[2]``; the way to a key ends before it.
        text: The text.
        name: What the text is the value of, its key mostly; empty for keys and for texts in lists.
    """

    where: str
    text: str
    name: str = ""


def texts_in(value: object, where: str, name: str = "") -> Iterator[Place]:
    """Yield every text in depth, a key before its value, so that a way never shows what was not looked at before."""
    todo: list[tuple[object, str, str]] = [(value, where, name)]
    while todo:
        item, way, key = todo.pop()
        if isinstance(item, str):
            yield Place(way, str(item), key)
        elif isinstance(item, Mapping):
            for inner in item:
                yield Place(f"{way} (a key)" if way else "a key", str(inner))
            todo += reversed([(inner, step(way, str(key)), named(item, str(key))) for key, inner in item.items()])
        elif isinstance(item, list | tuple):
            todo += reversed([(inner, f"{way}[{index}]", key) for index, inner in enumerate(item)])


def named(item: Mapping[str, object], key: str) -> str:
    """Return what a value is called: its key, or what stands beside it in ``{"name": ..., "value": ...}``."""
    name = item.get("name") if key == "value" else None
    return name if isinstance(name, str) else key


def step(way: str, key: str) -> str:
    """Return the way to the value of a key; what would make it hard to read is left out."""
    part = "".join(char for char in key[:LONGEST_PART] if char.isprintable() and char not in ".[]")
    return f"{way}.{part}" if way else part
