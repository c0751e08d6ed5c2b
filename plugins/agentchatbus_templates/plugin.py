"""The plugin: fills a new thread from the template that its creator names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Bus,
    NotFound,
    Operation,
    Plugin,
    PluginSettings,
    ThreadDraft,
    hookimpl,
    operations_of,
)
from agentchatbus_templates.operations import TemplateOperations
from agentchatbus_templates.store import Templates


class TemplatesSettings(PluginSettings):
    """The table ``[plugins.templates]``.

    Attributes:
        max_templates: How many templates may be stored beside the built-in ones.
    """

    max_templates: int = Field(default=1000, ge=0)


class TemplatesPlugin(Plugin[TemplatesSettings]):
    """Keeps templates and applies them to new threads."""

    settings_type = TemplatesSettings

    def __init__(self, settings: TemplatesSettings) -> None:
        super().__init__(settings)
        self._templates: Templates | None = None

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        self._templates = Templates(bus, self.settings.max_templates)
        return operations_of(TemplateOperations(bus, self._templates))

    @hookimpl(tryfirst=True)
    async def transform_thread(self, draft: ThreadDraft) -> ThreadDraft | None:
        """Fill in what the creator left open; first, so that every other plugin sees the texts of the template."""
        if draft.template_id is None or self._templates is None:
            return None
        if not draft.template_id.strip():  # clients send empty fields of their forms
            return replace(draft, template_id=None)
        template = await self._templates.find(draft.template_id)
        if template is None:
            name = draft.template_id
            raise NotFound(f"Thread template '{name}' not found.", kind="template", id=name)
        prompt = template.system_prompt if draft.system_prompt is None else draft.system_prompt
        # Always a new draft: one that comes back as it was tells the bus that nobody knew the template.
        return replace(
            draft,
            system_prompt=prompt,
            metadata=template.default_metadata if draft.metadata is None else draft.metadata,
        )
