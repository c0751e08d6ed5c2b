"""JSON values that nobody can change: metadata is frozen in depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

Metadata = Mapping[str, Any]
"""A JSON object, frozen in depth."""

NO_METADATA: Metadata = MappingProxyType({})
_OBJECTS = (dict, MappingProxyType)
_ARRAYS = (list, tuple)


def no_metadata() -> Metadata:
    """Return the empty metadata, for fields that default to it."""
    return NO_METADATA


def freeze(value: Any) -> Any:
    """Return a JSON value in which every object is a read-only mapping and every array a tuple."""
    if isinstance(value, _OBJECTS):
        return MappingProxyType({str(key): freeze(item) for key, item in value.items()}) if value else NO_METADATA
    if isinstance(value, _ARRAYS):
        return tuple([freeze(item) for item in value])
    return value


def to_json(value: Any) -> bytes:
    """Return a frozen JSON value as JSON text in UTF-8.

    Raises:
        ValueError: It is no JSON value.
    """
    try:
        json.dumps(plain := thaw(value), allow_nan=False)
        return orjson.dumps(plain)
    except (TypeError, ValueError) as error:
        raise ValueError(str(error)) from None


def thaw(value: Any) -> Any:
    """Return a fresh, changeable copy of a frozen JSON value."""
    if isinstance(value, _OBJECTS):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, _ARRAYS):
        return [thaw(item) for item in value]
    return value
