"""JSON as it lies in the tables: compact text, read back frozen in depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import orjson

from agentchatbus.plugin_api import Metadata, freeze

_FLAT = frozenset({str, int, bool, type(None)})
_NOTHING: Metadata = MappingProxyType({})


def _plain(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON.")


encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode
"""Write a JSON value.

Raises:
    TypeError: Something in it is not JSON.
    ValueError: A number in it is not JSON, such as NaN.
"""


def decode(text: str) -> Any:
    """Read a JSON value, frozen in depth."""
    return freeze(json.loads(text))


def encode_optional(value: Any) -> str | None:
    """Write a JSON value; what is empty becomes NULL."""
    return encode(value) if value else None


def decode_metadata(text: str | None) -> Metadata:
    """Read an object; NULL is the empty one."""
    return decode(text) if text else _NOTHING


def encode_payload(payload: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Write an event's payload, and freeze it; each change stores one, so the usual kinds of values go a quick way."""
    with suppress(TypeError):  # something unusual, such as an integer that is too large for a quick writer
        return orjson.dumps(payload, default=_plain).decode(), _quickly_frozen(payload)
    return encode(payload), freeze(payload)


def _quickly_frozen(value: Any) -> Any:
    """Freeze a value of the usual kinds.

    Raises:
        TypeError: It holds another kind: a float, of which some are no JSON, or something that is none at all.
    """
    kind = type(value)
    if kind in _FLAT:
        return value
    if kind is dict or kind is MappingProxyType:
        flat = _FLAT
        return MappingProxyType(
            {key: item if type(item) in flat else _quickly_frozen(item) for key, item in value.items()}
        )
    if kind is list or kind is tuple:
        return tuple([_quickly_frozen(item) for item in value])
    if isinstance(value, str):
        return value
    raise TypeError(f"{kind.__name__} is not of the usual kinds.")
