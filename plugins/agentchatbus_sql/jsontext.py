"""JSON as it lies in the tables: compact text, read back frozen in depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import orjson

from agentchatbus.plugin_api import Metadata, freeze

_FLAT = (str, int, type(None))
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
    """Write an event's payload, and freeze it; each change stores one, and nearly all are flat."""
    if all(isinstance(value, _FLAT) for value in payload.values()):
        with suppress(TypeError):  # an integer that is too large for it
            return orjson.dumps(payload).decode(), MappingProxyType({**payload})
    return encode(payload), freeze(payload)
