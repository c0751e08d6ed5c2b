"""Shapes of templates."""

from __future__ import annotations

from typing_extensions import TypedDict


class CreatedTemplate(TypedDict):
    """A template that was created."""

    id: str
    name: str
    description: str | None
    is_builtin: bool


class TemplateItem(CreatedTemplate):
    """A template in a list."""

    created_at: str


class TemplateDetail(TemplateItem):
    """One template; its metadata is JSON in a string."""

    system_prompt: str | None
    default_metadata: str | None
