"""A description of the settings that can be saved, from which a form can be made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from agentchatbus.config.saved import EDITABLE
from agentchatbus.config.tables import TABLES, Config

TITLES: Mapping[str, tuple[str, str]] = {
    "server": ("Network", "Server"),
    "bus": ("Agents", "Agents and messages"),
    "limits": ("Limits", "Sizes"),
}
TYPES = {"boolean": "toggle", "integer": "number", "number": "number", "array": "list", "string": "text"}
"""How a value of a JSON type is entered."""


class Field(TypedDict):
    """One setting.

    `value` is in force, `saved_value` is in force from the next start on, if `editable`. `value_source` is `default`,
    `file`, `persisted`, `env` or `flag`.
    """

    key: str
    label: str
    description: str
    type: str
    kind: str
    value: Any
    saved_value: Any
    default_value: Any
    value_source: str
    min: float | None
    max: float | None
    step: float | None
    options: list[str] | None
    scope: str
    sensitivity: str
    restart_required: bool
    editable: bool
    readonly_reason: str | None


class Section(TypedDict):
    """The settings of one table."""

    id: str
    nav_label: str
    title: str
    order: int
    fields: list[Field]


class Manifest(TypedDict):
    """All settings that can be saved."""

    schema_version: int
    save_message: str
    sections: list[Section]


def manifest(config: Config, saved: Mapping[str, Mapping[str, Any]], file: Path) -> Manifest:
    """Describe the settings.

    Args:
        config: What is in force.
        saved: What is saved, by table.
        file: Where it is saved.
    """
    return {
        "schema_version": 1,
        "save_message": "Saved. The bus uses the new values after its next start.",
        "sections": [
            {
                "id": table,
                "nav_label": TITLES[table][0],
                "title": TITLES[table][1],
                "order": place,
                "fields": [_field(config, table, key, saved.get(table, {}), str(file)) for key in keys],
            }
            for place, (table, keys) in enumerate(EDITABLE.items())
        ],
    }


def _field(config: Config, table: str, key: str, saved: Mapping[str, Any], file: str) -> Field:
    schema = TABLES[table].model_json_schema()["properties"][key]
    source = config.sources.get(f"{table}.{key}")
    kind = _source_kind(source, file)
    is_locked = kind in ("env", "flag")
    type_ = schema.get("type", "string")
    return {
        "key": f"{table}.{key}",
        "label": key.replace("_", " ").capitalize(),
        "description": schema.get("description", ""),
        "type": type_,
        "kind": TYPES.get(type_, "text"),
        "value": _plain(getattr(getattr(config, table), key)),
        "saved_value": saved.get(key),
        "default_value": _plain(TABLES[table].model_fields[key].get_default(call_default_factory=True)),
        "value_source": kind,
        "min": _first(schema, "minimum", "ge", "exclusiveMinimum", "gt"),
        "max": _first(schema, "maximum", "le", "exclusiveMaximum", "lt"),
        "step": 1 if type_ == "integer" else None,
        "options": schema.get("enum"),
        "scope": "server",
        "sensitivity": "normal",
        "restart_required": True,
        "editable": not is_locked,
        "readonly_reason": f"{source} sets this and wins over saved settings." if is_locked else None,
    }


def _first(schema: Mapping[str, Any], *names: str) -> Any:
    """Return a bound; pydantic names one as in Python where a value is changed before it is checked."""
    return next((schema[name] for name in names if name in schema), None)


def _source_kind(source: str | None, file: str) -> str:
    if source is None:
        return "default"
    if source == file:
        return "persisted"
    if source.startswith("AGENTCHATBUS_"):
        return "env"
    return "flag" if source.startswith("-") else "file"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
