"""The OpenAPI document, made from the operations."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi.openapi.models import OpenAPI
from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from agentchatbus.plugin_api import FileResult
from agentchatbus_rest.endpoint import SECRETS, WITH_BODY, Endpoint
from agentchatbus_rest.examples import Examples
from agentchatbus_rest.fixed import FIXED_PATHS
from agentchatbus_rest.http import NO_CONTENT
from agentchatbus_rest.logins import Me
from agentchatbus_rest.paths import variables
from agentchatbus_rest.responses import (
    COMMON_RESPONSES,
    INTRODUCTION,
    NOUNS,
    SECURITY,
    TAGS,
    refusals_of,
)

Schema = dict[str, Any]
OCTETS = "application/octet-stream"
REFERENCE = "#/components/schemas/"
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat of this request with the same key gets the first answer and changes nothing.",
    "schema": {"type": "string"},
}


def build(endpoints: Sequence[Endpoint]) -> Schema:
    """Return the document."""
    schemas = _Schemas(endpoints)
    paths: dict[str, Schema] = {path: dict(item) for path, item in FIXED_PATHS.items()}
    for endpoint in endpoints:
        operation = _operation(endpoint, schemas)
        if endpoint.route is not endpoint.operation.route:
            operation["operationId"] += "_" + endpoint.route.method.lower()
        paths.setdefault(endpoint.route.path, {})[endpoint.route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "AgentChatBus", "version": version("agentchatbus"), "description": INTRODUCTION},
        "paths": paths,
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "components": {"schemas": schemas.components, "responses": COMMON_RESPONSES, "securitySchemes": SECURITY},
        "security": [{}, *({name: []} for name in SECURITY)],
    }


def tag_of(operation: str) -> str:
    """Return under which heading an operation stands; one of a plugin under the noun in its name."""
    noun = operation.partition("_")[0]
    return NOUNS.get(noun, noun)


def dump(document: Schema) -> bytes:
    """Check the document and write it as JSON."""
    return OpenAPI.model_validate(document).model_dump_json(by_alias=True, exclude_none=True).encode()


def _operation(endpoint: Endpoint, schemas: _Schemas) -> Schema:
    operation, route = endpoint.operation, endpoint.route
    given, required = schemas.given(endpoint)
    in_path = [_parameter(name, "path", given.pop(name), is_required=True) for name in variables(route.path)]
    document: Schema = {
        "operationId": operation.name,
        "tags": [tag_of(operation.name)],
        "summary": operation.summary.partition(". ")[0].rstrip("."),
        "description": operation.summary,
        "responses": {**_answers(endpoint, schemas), **refusals_of(endpoint)},
    }
    if route.method in WITH_BODY:
        in_query = []
        if given:
            document["requestBody"] = _body(endpoint, schemas.examples, given, required)
    else:
        in_query = [
            _parameter(name, "query", schema, is_required=name in required)
            for name, schema in given.items()
            if name not in SECRETS
        ]
    document["parameters"] = [*in_path, *in_query, *([KEY_HEADER] if operation.takes_key else [])]
    return document


def _parameter(name: str, place: str, schema: Schema, *, is_required: bool) -> Schema:
    description = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": place, "required": is_required, "schema": schema, **description}


def _body(endpoint: Endpoint, examples: Examples, given: dict[str, Schema], required: frozenset[str]) -> Schema:
    schema: Schema = {"type": "object", "properties": given}
    if needed := [name for name in given if name in required]:
        schema["required"] = needed
    example = endpoint.presenter.request_example or examples.body(given, required)
    content: Schema = {"application/json": {"schema": schema, "example": example}}
    if endpoint.files:
        binary = {name: {"type": "string", "contentMediaType": OCTETS} for name in given if name in endpoint.files}
        content = {"multipart/form-data": {"schema": {**schema, "properties": {**given, **binary}}}, **content}
    return {"required": bool(needed), "content": content}


def _answers(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Schema]:
    if endpoint.operation.result is FileResult:
        return {str(endpoint.route.status): {"description": "The file.", "content": {"*/*": {"schema": {}}}}}
    content = _answer(schemas, endpoint)
    if endpoint.route.status == NO_CONTENT:
        return {str(NO_CONTENT): {"description": "Done."}}
    answers = {str(endpoint.route.status): {"description": "Done.", "content": {"application/json": content}}}
    if endpoint.presenter.status is not None:
        answers["200"] = {"description": "It was there already.", "content": {"application/json": content}}
    return answers


def _answer(schemas: _Schemas, endpoint: Endpoint) -> Schema:
    schema, example = schemas.answer(endpoint.operation.name), endpoint.presenter.answer_example
    if example is None:
        example = schemas.examples.of(schema)
    return {"schema": schema} if example is None else {"schema": schema, "example": example}


class _Schemas:
    """The schemas of all parameters and answers; equal names of different models are told apart."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        given: list[Any] = [
            (item.operation.name, "validation", TypeAdapter(item.operation.params)) for item in endpoints
        ]
        answers: list[Any] = [
            (item.operation.name, "serialization", adapter)
            for item in endpoints
            if item.operation.result is not FileResult
            and (adapter := _adapter(item.presenter.answer or item.operation.result)) is not None
        ]
        self._found, definitions = TypeAdapter.json_schemas(given + answers, ref_template=REFERENCE + "{model}")
        models: Schema = definitions.get("$defs", {})
        references = {name: self._found[name, "validation"]["$ref"].removeprefix(REFERENCE) for name, _, _ in given}
        self._given = {name: models[reference] for name, reference in references.items()}
        self.components = {name: schema for name, schema in models.items() if name not in references.values()}
        self.examples = Examples(models)
        self.components["Me"] = TypeAdapter(Me).json_schema(ref_template=REFERENCE + "{model}")

    def answer(self, name: str) -> Schema:
        """Return the schema of an operation's answer; empty when its type cannot be described."""
        return self._found.get((name, "serialization"), {})

    def given(self, endpoint: Endpoint) -> tuple[dict[str, Schema], frozenset[str]]:
        """Return the parameters as they look over REST, and which of them are required."""
        presenter, schema = endpoint.presenter, self._given[endpoint.operation.name]
        wire_names = {name: wire_name for wire_name, name in presenter.renamed.items()}
        properties = {
            wire_names.get(name, name): {**item, **_default(presenter.defaults, name)}
            for name, item in schema.get("properties", {}).items()
            if name not in presenter.hidden
        }
        required = {wire_names.get(name, name) for name in schema.get("required", ()) if name not in presenter.defaults}
        extra = {name: dict(item) for name, item in presenter.extra.items()}
        return {**properties, **extra}, presenter.required | required


def _default(defaults: Any, name: str) -> Schema:
    return {"default": defaults[name]} if name in defaults else {}


def _adapter(type_: Any) -> TypeAdapter[Any] | None:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(type_)
        adapter.json_schema(mode="serialization")
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticInvalidForJsonSchema):
        return None
    return adapter
