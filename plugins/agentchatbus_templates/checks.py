"""What a new template has to keep, beyond the types of its fields."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import BusSettings, InvalidRequest, TooLarge

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_NAME_LENGTH = 200
MAX_DESCRIPTION_LENGTH = 4000
MAX_DEPTH = 32
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that are not seen, or that break a line."""


def check_id(template_id: str) -> None:
    """Check an id: it stands in addresses, and people type it.

    Raises:
        InvalidRequest: It is empty, too long, or holds other characters.
    """
    if not ID.fullmatch(template_id):
        raise InvalidRequest(
            "id has to be 1 to 64 letters, digits, dots, dashes or underscores, with a letter or a digit first.",
            field="id",
        )


def check_name(name: str) -> None:
    """Check a name of one line.

    Raises:
        InvalidRequest: It is blank, or holds characters that cannot be seen.
        TooLarge: It is too long.
    """
    if not name.strip():
        raise InvalidRequest("name must not be empty", field="name")
    _limit("name", len(name), MAX_NAME_LENGTH, "characters")
    for char in name:
        if unicodedata.category(char) in UNSEEN and char != "\u200d":  # the joiner inside emoji
            raise InvalidRequest(f"name must not contain the character U+{ord(char):04X}.", field="name")


def check_texts(description: str | None, system_prompt: str | None, settings: BusSettings) -> None:
    """Check the sizes of the texts; a prompt may be as long as one of a thread.

    Raises:
        TooLarge: One is too long.
    """
    _limit("description", len(description or ""), MAX_DESCRIPTION_LENGTH, "characters")
    _limit("system_prompt", len((system_prompt or "").encode()), settings.max_content_bytes, "bytes")


def check_metadata(metadata: Mapping[str, Any], settings: BusSettings) -> None:
    """Check metadata: a thread has to be able to take it over.

    Raises:
        InvalidRequest: It is nested too deeply, or no JSON.
        TooLarge: It is too large.
    """
    if _is_deeper(metadata, MAX_DEPTH):
        raise InvalidRequest(f"default_metadata is nested in more than {MAX_DEPTH} levels.", field="default_metadata")
    try:
        size = len(json.dumps(metadata, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())
    except ValueError as error:
        raise InvalidRequest(f"default_metadata is no valid JSON: {error}", field="default_metadata") from None
    _limit("default_metadata", size, settings.max_metadata_bytes, "bytes")


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in value)


def _limit(field: str, size: int, limit: int, unit: str) -> None:
    if size > limit:
        raise TooLarge(f"{field} has {size} {unit}; the limit is {limit}.", field=field, size=size, limit=limit)
