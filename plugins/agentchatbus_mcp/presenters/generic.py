"""How an operation looks that nobody wrote a presenter for, such as one of a third party's plugin."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel

from agentchatbus.plugin_api import Contents, FileResult, isoformat
from agentchatbus_mcp.contents import block_of
from agentchatbus_mcp.presenters.base import Answer, Presenter, View
from agentchatbus_mcp.schemas import Schema, output_schema

WRAPPER = "result"
CONTENT = (Contents, FileResult)
"""Results that models read; a file arrives here as the content that it is."""

DONE: Schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}


def generic_presenter(result: Any) -> Presenter:
    """Return the presenter of an operation with this result type; what is no object is put under ``result``."""
    if result in CONTENT:
        return Presenter(shape=result, present=present_contents)
    is_object = is_object_schema(output_schema(result))

    def present(value: Any, _view: View) -> Answer:
        if result is None:
            return Answer(structured={"ok": True})
        found = plain(value)
        return Answer(structured=found if is_object and isinstance(found, dict) else {WRAPPER: found})

    return Presenter(shape=result, present=present)


def present_contents(contents: Contents, _view: View) -> Answer:
    """Answer with the content as it is, and the data beside it if there is any."""
    return Answer(structured=plain(contents.data) or None, content=[block_of(block) for block in contents.blocks])


def generic_schema(result: Any) -> Schema:
    """Return the output schema that goes with `generic_presenter`; empty for content, whose data has any form."""
    if result in CONTENT:
        return {}
    if result is None:
        return DONE
    schema = output_schema(result)
    if is_object_schema(schema):
        return schema
    return {"type": "object", "properties": {WRAPPER: schema}, "required": [WRAPPER]}


def is_object_schema(schema: Schema) -> bool:
    """Return whether everything that fits the schema is an object."""
    return schema.get("type") == "object"


def plain(value: Any) -> Any:
    """Return a value of the domain as JSON: dataclasses as objects, times in the one form that the bus writes."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    return _leaf(value)


def _leaf(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return isoformat(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
