"""What of the configuration may be printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agentchatbus.config.plugin_tables import is_hidden

MASK = "********"
SECRET_WORDS = ("token", "password", "passwd", "pwd", "secret", "credential", "key")

USER_INFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)\S*@")
"""The user and the password of a URI; a password that should have been quoted may hold any character."""

ASSIGNED = re.compile(rf"(?i)(\w*(?:{'|'.join(SECRET_WORDS)})\w*\s*=\s*)[^\s&;,]+")
"""What is called a secret within a text, as in the query of a URI."""


def masked(key: str, value: Any) -> Any:
    """Return a value as it may be printed: without what lets somebody in, by the name of the value or by its form."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return {name: masked(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(key, item) for item in value]
    if isinstance(value, Path):
        return _without_secrets(str(value))
    if isinstance(value, str):
        return MASK if any(word in key.lower() for word in SECRET_WORDS) else _without_secrets(value)
    return value


def masked_settings(settings: BaseModel) -> dict[str, Any]:
    """Return the settings of a plugin as they may be printed."""
    return {name: masked_setting(settings, name) for name in type(settings).model_fields}


def masked_setting(settings: BaseModel, name: str) -> Any:
    """Return one setting of a plugin as it may be printed; what is marked as hidden is masked once it is set."""
    value = getattr(settings, name)
    field = type(settings).model_fields[name]
    return MASK if _is_marked(field) and not _is_default(field, value) else masked(name, value)


def _is_marked(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, Mapping) and is_hidden(field.json_schema_extra)


def _is_default(field: FieldInfo, value: Any) -> bool:
    return not field.is_required() and bool(value == field.get_default(call_default_factory=True))


def _without_secrets(text: str) -> str:
    return ASSIGNED.sub(rf"\1{MASK}", USER_INFO.sub(rf"\1{MASK}@", text))
