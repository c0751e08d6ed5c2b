"""Where templates lie: the built-in ones in the code, all others in the documents of the bus's storage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agentchatbus.plugin_api import (
    Bus,
    Caller,
    Conflict,
    Forbidden,
    NotFound,
    Transaction,
    freeze,
    isoformat,
    thaw,
)
from agentchatbus_templates.model import BUILTIN, Template, TemplateCreated, TemplateDeleted, TemplateSummary

NAMESPACE = "templates"


class Templates:
    """The templates of one bus; a built-in one goes before a stored one of its id."""

    def __init__(self, bus: Bus, most: int) -> None:
        """Keep templates in a bus's storage.

        Args:
            bus: The bus.
            most: How many may be stored.
        """
        self._bus = bus
        self._most = most

    async def all(self) -> list[TemplateSummary]:
        """Return all templates, the built-in ones first, then by name."""
        documents = await self._bus.storage.read(lambda tx: tx.documents.all(NAMESPACE))
        stored = [_read(key, document) for key, document in documents.items() if key not in BUILTIN]
        stored.sort(key=lambda template: (template.name.casefold(), template.id))
        builtin = sorted(BUILTIN.values(), key=lambda template: template.name)
        return [template.summary for template in (*builtin, *stored)]

    async def find(self, template_id: str) -> Template | None:
        """Return a template, or None when there is none of this id."""
        if template_id in BUILTIN:
            return BUILTIN[template_id]
        document = await self._bus.storage.read(lambda tx: tx.documents.get(NAMESPACE, template_id))
        return _read(template_id, document) if document is not None else None

    async def add(self, template: Template, caller: Caller) -> None:
        """Store a new template.

        Raises:
            Conflict: Its id is taken, or there are too many already.
        """
        document = {**_document(template), "created_by": caller.key}

        def work(tx: Transaction) -> None:
            if template.id in BUILTIN or tx.documents.get(NAMESPACE, template.id) is not None:
                raise Conflict(f"Template with id '{template.id}' already exists.", kind="template", id=template.id)
            if len(tx.documents.all(NAMESPACE)) >= self._most:
                raise Conflict(f"There are {self._most} templates already; delete one first.", limit=self._most)
            tx.documents.put(NAMESPACE, template.id, document)
            tx.events.append(TemplateCreated.of(template), template.created_at)

        await self._bus.storage.write(work)

    async def delete(self, template_id: str, caller: Caller) -> None:
        """Delete a template; threads that were made from it keep what they have.

        Raises:
            Forbidden: It is built-in, or the caller may not.
            NotFound: There is none.
        """
        if template_id in BUILTIN:
            raise Forbidden(f"Template '{template_id}' is built-in and cannot be deleted.")
        now = self._bus.clock.now()

        def work(tx: Transaction) -> None:
            document = tx.documents.get(NAMESPACE, template_id)
            if document is None:
                raise NotFound(f"Template '{template_id}' not found.", kind="template", id=template_id)
            if not (caller.sees_human_only or (caller.is_agent and caller.key == document.get("created_by"))):
                raise Forbidden(f"Template '{template_id}' can be deleted by people and by the agent that created it.")
            tx.documents.delete(NAMESPACE, template_id)
            tx.events.append(TemplateDeleted(template_id=template_id), now)

        await self._bus.storage.write(work)


def _document(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "description": template.description,
        "system_prompt": template.system_prompt,
        "default_metadata": thaw(template.default_metadata),
        "created_at": isoformat(template.created_at),
    }


def _read(template_id: str, document: Mapping[str, Any]) -> Template:
    metadata = document.get("default_metadata")
    return Template(
        id=template_id,
        name=document["name"],
        description=document.get("description"),
        system_prompt=document.get("system_prompt"),
        default_metadata=freeze(metadata) if metadata else None,
        is_builtin=False,
        created_at=datetime.fromisoformat(document["created_at"]),
    )
