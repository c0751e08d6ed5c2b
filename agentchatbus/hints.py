"""Sentences for people who wrote a wrong name or a wrong value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

LISTS = frozenset({"list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"})
"""Kinds of problems that pydantic finds where a list is wanted."""

TABLES = frozenset({"model_type", "dict_type", "mapping_type", "dataclass_type"})
"""Kinds of problems that it finds where a table is wanted."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names the nearest known name, with a space before it, or an empty string."""
    nearest = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


def explain(error: ValidationError, model: type[BaseModel], table: str) -> str:
    """Say in sentences what is wrong with a table of the configuration, without repeating its values.

    Args:
        error: What pydantic found.
        model: The model of the table, to name the nearest known key.
        table: The table's name, for example ``plugins.limits``.
    """
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return " ".join(_sentence(problem, model, table) for problem in problems)


def _sentence(problem: Mapping[str, Any], model: type[BaseModel], table: str) -> str:
    location, place = _split(problem["loc"])
    parts = [str(part) for part in location]
    inner = ".".join([table, *parts[:-1]])
    if problem["type"] == "extra_forbidden":
        return f"[{inner}] has no key {parts[-1]!r}.{did_you_mean(parts[-1], _keys(model, location[:-1]))}"
    if problem["type"] == "missing":
        return f"[{inner}] needs the key {parts[-1]!r}."
    if not parts:
        return f"[{table}]: {problem['msg']}."
    return f"[{inner}] {parts[-1]}: {place}{_reason(problem)}."


def _split(location: Sequence[str | int]) -> tuple[Sequence[str | int], str]:
    """Return the way to a key, and in words which item of its list is meant."""
    for depth, part in enumerate(location):
        if isinstance(part, int) and depth:
            return location[:depth], f"item {part + 1}: "
    return location, ""


def _reason(problem: Mapping[str, Any]) -> str:
    """Return what is wrong; files and variables have lists and tables, whatever a plugin makes of them."""
    if problem["type"] in TABLES:
        return "Write a table"
    return "Write a list" if problem["type"] in LISTS else str(problem["msg"])


def _keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that the model knows at a path inside it."""
    for part in path:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]
