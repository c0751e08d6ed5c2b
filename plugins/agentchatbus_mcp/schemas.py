"""JSON schemas as agents should read them: no references, no titles, no null where leaving out means the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

Schema = dict[str, Any]

NULL = {"type": "null"}
NOISE = frozenset({"title", "$defs", "discriminator"})
LIMITS = frozenset({"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"})
"""What a refusal says as well, to the few who need to know."""

SELF_EVIDENT: Schema = {"additionalProperties": (True,), "default": (None, False, 0, "")}
"""What is so when nothing is said."""

ANYTHING: Schema = {"type": "object"}


def input_schema(model_schema: Mapping[str, Any]) -> Schema:
    """Return the schema of a parameter model for agents; an argument that may be null may as well be left out."""
    schema = _Simplifier(model_schema, is_output=False).simplify(model_schema)
    schema.pop("description", None)
    schema.setdefault("properties", {})
    return schema


def output_schema(result: Any) -> Schema:
    """Return the schema of a result type, as it is serialised."""
    try:
        found = TypeAdapter(result).json_schema(mode="serialization")
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):
        return {}
    return _Simplifier(found, is_output=True).simplify(found)


def or_refusal(schema: Schema) -> Schema:
    """Return the schema that a tool's results are advertised with: names and types of what is always there.

    More would cost every model its length on every use; what has no type is text. Nothing is required, for some clients
    check the structured content of a refused call as well.
    """
    properties, always = schema.get("properties", {}), schema.get("required", ())
    named = {name: _type_only(item) for name, item in properties.items() if name in always}
    return {"type": "object", "properties": named}


def _type_only(schema: Schema) -> Schema:
    kind = schema.get("type", "string")
    return {} if kind in ("string", ["string", "null"]) else {"type": kind}


class _Simplifier:
    """Rewrites the schemas of one document; those of results keep null and need no descriptions."""

    def __init__(self, document: Mapping[str, Any], *, is_output: bool) -> None:
        self._definitions: Mapping[str, Any] = document.get("$defs", {})
        self._is_output = is_output
        self._noise = NOISE | ({"description"} if is_output else LIMITS)
        self._open: list[str] = []

    def simplify(self, schema: Mapping[str, Any]) -> Schema:
        if "$ref" in schema:
            return self._resolved(schema)
        plain = {key: self._part(key, value) for key, value in schema.items() if key not in self._noise}
        for key, values in SELF_EVIDENT.items():
            if key in plain and plain[key] in values:
                del plain[key]
        if "anyOf" in plain:
            return self._without_null(plain)
        return plain

    def _part(self, key: str, value: Any) -> Any:
        if key in ("properties", "patternProperties"):
            return {name: self.simplify(item) for name, item in value.items()}
        if key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
            return self.simplify(value)
        if key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            return [self.simplify(item) for item in value]
        return value

    def _resolved(self, schema: Mapping[str, Any]) -> Schema:
        """Put the definition in place of the reference; one that contains itself is cut off."""
        name = str(schema["$ref"]).rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if name in self._open or name not in self._definitions:
            return self.simplify({**ANYTHING, **beside})
        self._open.append(name)
        resolved = self.simplify({**self._definitions[name], **beside})
        self._open.pop()
        return resolved

    def _without_null(self, schema: Schema) -> Schema:
        choices: Sequence[Schema] = schema.pop("anyOf")
        others = [choice for choice in choices if choice != NULL]
        is_nullable = len(others) < len(choices)
        if len(others) != 1:
            return {**schema, "anyOf": list(choices) if self._is_output else others}
        only = {**others[0], **schema}
        return _nullable(only) if is_nullable and self._is_output else only


def _nullable(schema: Schema) -> Schema:
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, NULL]}
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable
