"""Templates over REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import isoformat
from agentchatbus_rest.adapting import drop_unproven_claim
from agentchatbus_rest.http import json_text
from agentchatbus_rest.presenters.base import Presenter, View
from agentchatbus_rest.shapes import templates


async def detail(template: Any, view: View) -> templates.TemplateDetail:
    metadata = template.default_metadata
    return {
        **await created(template, view),
        "created_at": isoformat(template.created_at),
        "system_prompt": template.system_prompt,
        "default_metadata": json_text(metadata) if metadata else None,
    }


async def created(template: Any, _view: View) -> templates.CreatedTemplate:
    return {
        "id": template.id,
        "name": template.name,
        "description": template.description,
        "is_builtin": template.is_builtin,
    }


ENTRIES: Mapping[str, Presenter] = {
    "template_list": Presenter(answer=list[templates.TemplateItem]),
    "template_get": Presenter(present=detail, answer=templates.TemplateDetail),
    "template_create": Presenter(
        present=created,
        answer=templates.CreatedTemplate,
        adapt=drop_unproven_claim,
        bad_proof="Invalid agent_id or token",
        request_example={"id": "bug-hunt", "name": "Bug hunt", "system_prompt": "Find what breaks, and say how."},
        answer_example={"id": "bug-hunt", "name": "Bug hunt", "description": None, "is_builtin": False},
    ),
}
