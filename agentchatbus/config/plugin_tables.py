"""The tables of plugins among the settings that people save."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

PREFIX = "plugins."
KEY = re.compile(r"plugins\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_]+)")

ATTRIBUTE = re.compile(r" {4}(\w+): (.+)")
"""A line of a docstring that begins to describe a field."""

SECRET = "A secret; set it in the configuration file or in the environment."
PLACE = "A place on disk; set it in the configuration file."
SHAPE = "It has parts of its own; set it in the configuration file."
IN_FILE = "It is set in the configuration file only."
IN_FILE_ONLY = "in_file_only"
"""Mark of a field, in ``json_schema_extra``, that is neither shown to clients nor saved by them."""

PATHS = frozenset({"path", "file-path", "directory-path"})
SIMPLE = frozenset({"boolean", "integer", "number", "string"})


def split_key(key: str) -> tuple[str, str] | None:
    """Return the plugin and the field that a dotted key names, None when it is a key of no plugin."""
    found = KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def properties_of(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return the schema of each field, with what it refers to put in its place."""
    schema = model.model_json_schema()
    inner = schema.get("$defs", {})
    texts = attributes_of(model)
    properties = {name: resolved(item, inner) for name, item in schema.get("properties", {}).items()}
    return {name: {"description": texts.get(name, ""), **item} for name, item in properties.items()}


def attributes_of(model: type[BaseModel]) -> dict[str, str]:
    """Return what the section ``Attributes`` of a docstring says of each field."""
    texts: dict[str, str] = {}
    name = ""
    _, _, section = (inspect.getdoc(model) or "").partition("Attributes:\n")
    for line in section.splitlines():
        if found := ATTRIBUTE.fullmatch(line):
            name = found[1]
            texts[name] = found[2]
        elif name and line.startswith("        "):
            texts[name] += f" {line.strip()}"
        else:
            name = ""
    return texts


def resolved(schema: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field's schema without references, and without the null that stands for a value not given."""
    plain = dict(schema)
    if "$ref" in plain:
        plain = {**inner.get(plain.pop("$ref").rpartition("/")[2], {}), **plain}
    choices = [item for item in plain.get("anyOf", ()) if item.get("type") != "null"]
    if len(choices) == 1:
        del plain["anyOf"]
        plain = {**resolved(choices[0], inner), **plain}
    if "const" in plain:
        plain["enum"] = [plain["const"]]
    if "type" not in plain and "enum" in plain:
        plain["type"] = "string"
    return plain


def locked(schema: Mapping[str, Any]) -> str | None:
    """Return why a field of a plugin cannot be saved by clients, None when it can."""
    if schema.get(IN_FILE_ONLY):
        return IN_FILE
    if schema.get("writeOnly") or schema.get("format") == "password":
        return SECRET
    if schema.get("format") in PATHS:
        return PLACE
    kind = schema.get("type")
    items = schema.get("items", {})
    is_list = kind == "array" and isinstance(items, Mapping) and items.get("type") in SIMPLE
    return None if kind in SIMPLE or is_list else SHAPE


def is_hidden(schema: Mapping[str, Any]) -> bool:
    """Return whether a value is not shown."""
    return locked(schema) in (SECRET, IN_FILE)


def shown_values(settings: BaseModel) -> dict[str, Any]:
    """Return the values of a plugin's settings that may be shown."""
    values = settings.model_dump(mode="json")
    return {name: values[name] for name, item in properties_of(type(settings)).items() if not is_hidden(item)}


def by_table(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a document of the file's form says, by table; those of plugins are named ``plugins.<name>``."""
    tables = {name: dict(values) for name, values in document.items() if name != "plugins"}
    return tables | {f"{PREFIX}{name}": dict(values) for name, values in document.get("plugins", {}).items()}


def as_document(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return tables in the form of the file; empty ones are left out."""
    document: dict[str, Any] = {}
    for name, values in tables.items():
        if not values:
            continue
        if name.startswith(PREFIX):
            document.setdefault("plugins", {})[name.removeprefix(PREFIX)] = dict(values)
        else:
            document[name] = dict(values)
    return document
