"""Templates as MCP clients see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from typing_extensions import TypedDict

from agentchatbus.plugin_api import BusError, Conflict, Metadata, isoformat, thaw
from agentchatbus_mcp.presenters.base import Answer, Presenter, Shape, View, list_answer


class Summary(Protocol):
    """What lists say of a template."""

    id: str
    name: str
    description: str | None
    is_builtin: bool
    created_at: datetime


class Whole(Summary, Protocol):
    """A template."""

    system_prompt: str | None
    default_metadata: Metadata | None


class ListedTemplate(TypedDict):
    """A template as ``template_list`` lists it, and the result of ``template_create``."""

    id: str
    name: str
    description: str | None
    is_builtin: bool
    created_at: str


class TemplatesShape(TypedDict):
    """Result of ``template_list``."""

    templates: list[ListedTemplate]


class TemplateShape(ListedTemplate):
    """Result of ``template_get``."""

    system_prompt: str | None
    default_metadata: dict[str, Any] | None


def present_templates(templates: Sequence[Summary], _view: View) -> Answer:
    """Answer with all templates; the text is the bare array."""
    return list_answer("templates", [_listed(template) for template in templates])


def present_template(template: Whole, _view: View) -> Answer:
    """Answer with one template."""
    metadata = thaw(template.default_metadata) or None
    return Answer(
        structured={**_listed(template), "system_prompt": template.system_prompt, "default_metadata": metadata}
    )


def present_created(template: Summary, _view: View) -> Answer:
    """Answer with what was created."""
    return Answer(structured=_listed(template))


def refuse_create(error: BusError, _view: View) -> Shape | None:
    """Say that the id is taken."""
    return {"error": error.message} if isinstance(error, Conflict) else None


def _listed(template: Summary) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "description": template.description,
        "is_builtin": template.is_builtin,
        "created_at": isoformat(template.created_at),
    }


PRESENTERS = {
    "template_list": Presenter(shape=TemplatesShape, present=present_templates),
    "template_get": Presenter(shape=TemplateShape, present=present_template),
    "template_create": Presenter(shape=ListedTemplate, present=present_created, refuse=refuse_create),
}
