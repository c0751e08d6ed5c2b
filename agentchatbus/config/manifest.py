"""A description of the settings that can be saved, from which a form can be made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typing_extensions import TypedDict

from agentchatbus.config.plugin_tables import PREFIX, is_hidden, locked, properties_of
from agentchatbus.config.saved import EDITABLE
from agentchatbus.config.tables import TABLES, Config

TITLES: Mapping[str, tuple[str, str]] = {
    "server": ("Network", "Server"),
    "bus": ("Agents", "Agents and messages"),
    "limits": ("Limits", "Sizes"),
}
NO_PLUGINS: Mapping[str, BaseModel] = {}
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
    """The settings of one table; those of a plugin are named after it."""

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


def manifest(
    config: Config,
    saved: Mapping[str, Mapping[str, Any]],
    file: Path,
    plugins: Mapping[str, BaseModel] = NO_PLUGINS,
) -> Manifest:
    """Describe the settings.

    Args:
        config: What is in force.
        saved: What is saved, by table.
        file: Where it is saved.
        plugins: The settings in force of each plugin that has some.
    """
    sections = [_section(config, table, saved.get(table, {}), str(file)) for table in EDITABLE]
    sections += [
        _plugin_section(config, name, settings, saved.get(PREFIX + name, {}), str(file))
        for name, settings in plugins.items()
    ]
    for place, section in enumerate(sections):
        section["order"] = place
    return {
        "schema_version": 1,
        "save_message": "Saved. The bus uses the new values after its next start.",
        "sections": sections,
    }


def _section(config: Config, table: str, saved: Mapping[str, Any], file: str) -> Section:
    return {
        "id": table,
        "nav_label": TITLES[table][0],
        "title": TITLES[table][1],
        "order": 0,
        "fields": [_field(config, table, key, saved, file) for key in EDITABLE[table]],
    }


def _field(config: Config, table: str, key: str, saved: Mapping[str, Any], file: str) -> Field:
    schema = TABLES[table].model_json_schema()["properties"][key]
    default = TABLES[table].model_fields[key].get_default(call_default_factory=True)
    values = {
        "value": _plain(getattr(getattr(config, table), key)),
        "saved_value": saved.get(key),
        "default_value": _plain(default),
    }
    return _described(f"{table}.{key}", schema, values, config.sources.get(f"{table}.{key}"), file)


def _plugin_section(config: Config, name: str, settings: BaseModel, saved: Mapping[str, Any], file: str) -> Section:
    values = settings.model_dump(mode="json")
    return {
        "id": PREFIX + name,
        "nav_label": name,
        "title": name,
        "order": 0,
        "fields": [
            _plugin_field(config, f"{PREFIX}{name}.{key}", schema, values[key], saved.get(key), file)
            for key, schema in properties_of(type(settings)).items()
        ],
    }


def _plugin_field(config: Config, key: str, schema: dict[str, Any], value: Any, saved: Any, file: str) -> Field:
    default = schema.get("default")
    shown = {"value": value, "saved_value": saved, "default_value": default}
    if is_hidden(schema):
        shown = dict.fromkeys(shown)
    described = _described(key, schema, shown, config.sources.get(key), file)
    if (reason := locked(schema)) is not None:
        described |= {"editable": False, "readonly_reason": reason}
        described["sensitivity"] = "secret" if is_hidden(schema) else "normal"
    return described


def _described(key: str, schema: Mapping[str, Any], values: dict[str, Any], source: str | None, file: str) -> Field:
    kind = _source_kind(source, file)
    is_locked = kind in ("env", "flag")
    type_ = schema.get("type", "string")
    return {
        "key": key,
        "label": key.rpartition(".")[2].replace("_", " ").capitalize(),
        "description": schema.get("description", ""),
        "type": type_,
        "kind": TYPES.get(type_, "text"),
        "value": values["value"],
        "saved_value": values["saved_value"],
        "default_value": values["default_value"],
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
