"""Examples for the OpenAPI document, made from a schema where nobody wrote one by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus_rest.presenters.base import AGENT_ID, MESSAGE_ID, MOMENT, THREAD_ID

Schema = Mapping[str, Any]

KNOWN: Mapping[str, Any] = {
    "agent_id": AGENT_ID,
    "author": "Nova",
    "author_id": AGENT_ID,
    "author_name": "Nova",
    "content": "Hello team",
    "display_name": "Nova",
    "ide": "Cursor",
    "ip": "127.0.0.1",
    "message_id": MESSAGE_ID,
    "model": "GPT-5",
    "msg_id": MESSAGE_ID,
    "name": "Nova",
    "query": "login race",
    "role": "assistant",
    "state": "implement",
    "status": "discuss",
    "thread_id": THREAD_ID,
    "topic": "Fix login race",
}
"""What stands under a name, where its schema allows that."""

OF_TYPES: Mapping[str, Any] = {"boolean": True, "null": None}


class Examples:
    """Makes examples of schemas that refer to each other.

    Args:
        components: The schemas that others refer to, by name.
    """

    def __init__(self, components: Schema) -> None:
        self._components = components
        self._open: list[str] = []

    def body(self, properties: Schema, required: frozenset[str]) -> dict[str, Any]:
        """Return a body with what is required, or with the first property where nothing is."""
        chosen = [name for name in properties if name in required] or list(properties)[:1]
        return {name: self.of(properties[name], name) for name in chosen}

    def of(self, schema: Schema, name: str = "") -> Any:
        """Return a value that fits a schema; None where it allows anything.

        Args:
            schema: The schema.
            name: Under which name the value stands.
        """
        if reference := schema.get("$ref"):
            return self._referred(reference.rpartition("/")[2], name)
        if options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self.of(next((one for one in options if one.get("type") != "null"), options[0]), name)
        if "const" in schema or "enum" in schema:
            return schema.get("const", next(iter(schema.get("enum", ())), None))
        return self._of_type(schema, name)

    def _referred(self, component: str, name: str) -> Any:
        if component in self._open:
            return None  # it holds itself
        self._open.append(component)
        try:
            return self.of(self._components[component], name)
        finally:
            self._open.pop()

    def _of_type(self, schema: Schema, name: str) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return [self.of(schema["items"], name.removesuffix("s"))] if schema.get("items") else []
            case "string":
                return MOMENT if schema.get("format") == "date-time" else _text(name)
            case "integer" | "number":
                return _number(schema)
            case other:
                return OF_TYPES.get(str(other))

    def _object(self, schema: Schema) -> dict[str, Any]:
        found = {name: self.of(inner, name) for name, inner in schema.get("properties", {}).items()}
        values = schema.get("additionalProperties")
        return found or ({"name": self.of(values)} if isinstance(values, Mapping) else {})


def _text(name: str) -> str:
    if isinstance(known := KNOWN.get(name), str):
        return known
    if name == "since" or name.endswith("_at"):
        return MOMENT
    return AGENT_ID if name.endswith("_id") or name == "id" else name.replace("_", " ") or "text"


def _number(schema: Schema) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    return int(max(1, least, min(schema.get("default") or 1, schema.get("maximum", 1))))
