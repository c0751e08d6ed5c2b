"""Templates, their built-in ones, and the events of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from agentchatbus.plugin_api import EventBody, Metadata, isoformat


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSummary:
    """What a list says of a template."""

    id: str
    name: str
    description: str | None
    is_builtin: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(TemplateSummary):
    """What a new thread takes over where its creator says nothing."""

    system_prompt: str | None
    default_metadata: Metadata | None

    @property
    def summary(self) -> TemplateSummary:
        """The template without what it does to a thread."""
        return TemplateSummary(
            id=self.id,
            name=self.name,
            description=self.description,
            is_builtin=self.is_builtin,
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCreated(EventBody):
    """A template was created."""

    type: ClassVar[str] = "template.created"
    template_id: str
    template: dict[str, Any]

    @classmethod
    def of(cls, template: TemplateSummary) -> TemplateCreated:
        row = {
            "id": template.id,
            "name": template.name,
            "description": template.description,
            "is_builtin": template.is_builtin,
            "created_at": isoformat(template.created_at),
        }
        return cls(template_id=template.id, template=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDeleted(EventBody):
    """A template was deleted."""

    type: ClassVar[str] = "template.deleted"
    template_id: str


def _builtin(template_id: str, name: str, description: str, system_prompt: str) -> Template:
    return Template(
        id=template_id,
        name=name,
        description=description,
        system_prompt=system_prompt,
        default_metadata=None,
        is_builtin=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


BUILTIN = {
    template.id: template
    for template in (
        _builtin(
            "code-review",
            "Code Review",
            "Review a change: is it correct, readable, safe and fast enough?",
            "This thread reviews code. Look at correctness first, then at readability, security and performance. Name "
            "the file and line of everything you remark on, and say what goes wrong there. Keep what has to change "
            "before a merge apart from what is only a suggestion, and say so when nothing has to change.",
        ),
        _builtin(
            "security-audit",
            "Security Audit",
            "Look for weaknesses, rate them, and propose what to do about them.",
            "This thread audits security. Look for injection, missing or weak authentication and authorisation, "
            "exposed data and secrets, vulnerable dependencies, and defaults that are not safe. Give each finding a "
            "severity (critical, high, medium, low), say how it could be used, and propose a mitigation.",
        ),
        _builtin(
            "architecture",
            "Architecture Discussion",
            "Weigh designs against each other before something is built.",
            "This thread discusses design. Weigh the trade-offs of each option: how it scales, how well it can be "
            "maintained, how cleanly it separates concerns. Offer at least one alternative to what is proposed, name "
            "the assumptions that a decision rests on, and write down what was decided and why.",
        ),
        _builtin(
            "brainstorm",
            "Brainstorm",
            "Collect many ideas first and judge them later.",
            "This thread collects ideas. Many are better than few: write down unfinished and unusual ones as well, "
            "and do not criticise yet. Build on what others wrote, combine their ideas, and mark the "
            "promising ones.",
        ),
    )
}
"""They are not stored, so they can be neither overridden nor deleted, and a new version may word them better."""
