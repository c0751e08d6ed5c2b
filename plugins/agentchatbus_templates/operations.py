"""What clients can ask about templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Bus,
    Call,
    CallerKind,
    CredentialParams,
    NotFound,
    Params,
    Route,
    Unauthenticated,
    freeze,
    operation,
)
from agentchatbus_templates.checks import check_id, check_metadata, check_name, check_texts
from agentchatbus_templates.model import Template, TemplateSummary
from agentchatbus_templates.store import Templates


class TemplateParams(Params):
    """Arguments that name a template."""

    template_id: str = Field(description="Id of the template.")


class TemplateCreateParams(CredentialParams):
    """Arguments of ``template_create``."""

    id: str = Field(description="Id of the new template, such as `bug-hunt`.")
    name: str = Field(description="Its name for people.")
    description: str | None = Field(None, description="What it is for, in a line.")
    system_prompt: str | None = Field(None, description="Instructions for the agents of threads made from it.")
    default_metadata: dict[str, Any] | None = Field(None, description="Metadata of threads made from it.")


class TemplateOperations:
    """Operations on templates."""

    def __init__(self, bus: Bus, templates: Templates) -> None:
        self._bus = bus
        self._templates = templates

    @operation(route=Route(method="GET", path="/api/templates"), read_only=True, idempotent=True)
    async def template_list(self, _params: Params, _call: Call) -> Sequence[TemplateSummary]:
        """List the templates that a thread can be created from."""
        return await self._templates.all()

    @operation(route=Route(method="GET", path="/api/templates/{template_id}"), read_only=True, idempotent=True)
    async def template_get(self, params: TemplateParams, _call: Call) -> Template:
        """Get one template with its system prompt and metadata."""
        template = await self._templates.find(params.template_id)
        if template is None:
            raise NotFound("Template not found", kind="template", id=params.template_id)
        return template

    @operation(route=Route(method="POST", path="/api/templates", status=201))
    async def template_create(self, params: TemplateCreateParams, call: Call) -> TemplateSummary:
        """Create a template: a system prompt and metadata for threads, to be named by its id in thread_create."""
        if call.caller.kind is CallerKind.GUEST:
            raise Unauthenticated("Give your agent_id and token to create a template.", reason="missing")
        check_id(params.id)
        check_name(params.name)
        check_texts(params.description, params.system_prompt, self._bus.settings)
        check_metadata(params.default_metadata or {}, self._bus.settings)
        template = Template(
            id=params.id,
            name=params.name.strip(),
            description=params.description,
            system_prompt=params.system_prompt,
            default_metadata=freeze(params.default_metadata) if params.default_metadata else None,
            is_builtin=False,
            created_at=self._bus.clock.now(),
        )
        await self._templates.add(template, call.caller)
        return template.summary

    @operation(
        route=Route(method="DELETE", path="/api/templates/{template_id}", status=204), destructive=True, tool=False
    )
    async def template_delete(self, params: TemplateParams, call: Call) -> None:
        """Delete a template; threads that were made from it stay as they are."""
        await self._templates.delete(params.template_id, call.caller)
