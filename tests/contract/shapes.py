"""What an answer has to look like: at least these keys, of these types or values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
AGENT_TOKEN = re.compile(r"[0-9a-f]{64}")
REPLY_TOKEN = re.compile(r"[\w-]{32}")
WINDOW = {"expires_at": "9999-12-31T23:59:59+00:00", "max_new_messages": 0}
SYNC = {"current_seq": int, "reply_token": REPLY_TOKEN, "reply_window": WINDOW}


class Maybe:
    """The value, or null."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


ANY = object()


def problems(value: Any, shape: Any, path: str = "$") -> list[str]:
    """Return what of a value does not fit."""
    match shape:
        case Maybe():
            return [] if value is None else problems(value, shape.shape, path)
        case Mapping():
            return _of_object(value, shape, path)
        case list():
            return _of_array(value, shape, path)
    return [] if _fits(value, shape) else [f"{path}: {value!r} is not {shape!r}"]


def _fits(value: Any, shape: Any) -> bool:
    match shape:
        case re.Pattern():
            return isinstance(value, str) and shape.fullmatch(value) is not None
        case type():
            return isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        case Callable():
            return bool(shape(value))
    return shape is ANY or value == shape


def _of_object(value: Any, shape: Mapping[str, Any], path: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{path}: {value!r} is no object"]
    missing = [f"{path}.{key} is missing in {sorted(value)}" for key in shape.keys() - value.keys()]
    inside = [problems(value[key], item, f"{path}.{key}") for key, item in shape.items() if key in value]
    return missing + [problem for found in inside for problem in found]


def _of_array(value: Any, shape: list[Any], path: str) -> list[str]:
    """Check an array: of one shape for all items, of which there is at least one, or empty."""
    if not isinstance(value, list):
        return [f"{path}: {value!r} is no array"]
    if bool(value) is not bool(shape):
        return [f"{path}: has {len(value)} items"]
    return [problem for n, item in enumerate(value) for problem in problems(item, shape[0], f"{path}[{n}]")]
