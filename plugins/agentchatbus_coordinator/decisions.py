"""What people decide about administrators, with or without a card that asked them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from agentchatbus.plugin_api import (
    Agent,
    Bus,
    Caller,
    Conflict,
    Forbidden,
    InvalidRequest,
    Message,
    NotFound,
    Thread,
    isoformat,
)
from agentchatbus_coordinator import cards
from agentchatbus_coordinator.situation import is_card
from agentchatbus_coordinator.stalls import Kind

Action = Literal["switch", "keep", "takeover", "cancel"]

ALLOWED: Mapping[str, tuple[str, ...]] = {Kind.SWITCH: ("keep", "switch"), Kind.TAKEOVER: ("cancel", "takeover")}
"""What can be answered to which card."""


class AdminDecision(TypedDict):
    """What was decided; which keys there are depends on the action."""

    ok: bool
    action: str
    thread_id: str
    already_decided: bool
    new_admin_id: NotRequired[str]
    new_admin_name: NotRequired[str]
    kept_admin_id: NotRequired[str | None]
    kept_admin_name: NotRequired[str | None]
    notified_admin_id: NotRequired[str]
    notified_admin_name: NotRequired[str]
    source_message_id: NotRequired[str]
    decided_at: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A person's answer: `card_id` names the card, if there was one."""

    thread_id: str
    action: Action
    candidate_id: str | None
    card_id: str | None
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An answer with everything it is about."""

    answer: Answer
    thread: Thread
    card: Message | None
    now: str

    def of_card(self, key: str) -> str | None:
        """Return a text in the card's metadata."""
        value = self.card.metadata.get(key) if self.card else None
        return value if isinstance(value, str) else None

    def trace(self) -> dict[str, Any]:
        """Return what every message about the decision says."""
        return {
            "thread_id": self.thread.id,
            "decision": self.answer.action,
            "source_message_id": self.answer.card_id,
            "decided_at": self.now,
        }

    def result(self, **more: str | None) -> AdminDecision:
        done = {"ok": True, "action": self.answer.action, "thread_id": self.thread.id, "already_decided": False}
        return {**done, **more}  # type: ignore[typeddict-item]  # the actions know which keys they have


class Decisions:
    """Carries out decisions, one after the other, so that each card is decided once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._lock = asyncio.Lock()
        self._actions = {
            "switch": self._switch,
            "keep": self._keep,
            "takeover": self._take_over,
            "cancel": self._cancel,
        }

    async def decide(self, answer: Answer) -> AdminDecision:
        """Do what a person decided; a card that was decided before answers what was decided then.

        Raises:
            Forbidden: The caller is no person.
            NotFound: The thread, the card or the agent does not exist.
            InvalidRequest: The action does not go with the card or lacks an agent.
            Conflict: The coordinator is switched off in the thread.
        """
        if not answer.caller.sees_human_only:
            raise Forbidden("Only a person or the operator may decide about administrators.")
        async with self._lock:
            thread = await self._bus.threads.get(answer.thread_id)
            card = await self._card(answer) if answer.card_id is not None else None
            if card is not None and card.metadata.get("decision_status") == "resolved":
                return _decided(answer, card)
            case = _Case(answer=answer, thread=thread, card=card, now=isoformat(self._bus.clock.now()))
            result = await self._actions[answer.action](case)
            # Last: should the bus die before this, the card can be decided again, and nothing is done but once more.
            return await self._resolve(case, result)

    async def _card(self, answer: Answer) -> Message:
        assert answer.card_id is not None  # noqa: S101 - the only caller has made sure
        try:
            card = await self._bus.messages.get(answer.card_id, answer.caller)
        except NotFound:
            raise NotFound("source_message_id not found", kind="message", id=answer.card_id) from None
        if card.thread_id != answer.thread_id:
            raise InvalidRequest("source_message_id does not belong to this thread", field="source_message_id")
        ui_type = str(card.metadata.get("ui_type"))
        if not is_card(card) or ui_type not in ALLOWED:
            raise InvalidRequest("source_message_id is not an admin confirmation prompt", field="source_message_id")
        if answer.action not in ALLOWED[ui_type]:
            raise InvalidRequest(
                f"Invalid action '{answer.action}' for source_message_id ui_type={ui_type}. "
                f"Allowed: {', '.join(ALLOWED[ui_type])}",
                field="action",
            )
        return card

    async def _resolve(self, case: _Case, result: AdminDecision) -> AdminDecision:
        if case.card is None:
            return result
        changes = {"decision_status": "resolved", "decision_action": case.answer.action, "decision_at": case.now}
        edited = await self._bus.editing.annotate(case.card.id, changes, unless="decision_status")
        return result if edited.changed else _decided(case.answer, edited.message)

    async def _switch(self, case: _Case) -> AdminDecision:
        candidate_id = case.answer.candidate_id
        if not candidate_id:
            raise InvalidRequest("candidate_admin_id is required for action='switch'", field="candidate_admin_id")
        candidate = await self._agent(candidate_id, "Candidate admin agent not found")
        await self._require_part(case, candidate)
        if not case.thread.settings.auto_administrator_enabled:
            raise Conflict(
                "The coordinator is switched off in this thread (auto_administrator_enabled), so its administrator "
                "was not changed.",
                field="auto_administrator_enabled",
            )
        previous = case.thread.settings.administrator
        await self._bus.administration.assign(case.thread.id, candidate.id, case.answer.caller)
        name = cards.name_of(candidate)
        metadata = {
            "ui_type": "admin_switch_decision_result",
            **cards.HIDDEN,
            "previous_admin_id": previous.agent_id if previous else None,
            **cards.as_fields("new_admin", candidate),
        }
        await self._say(case, f"{name} is now the administrator, as a person decided.", metadata)
        return case.result(new_admin_id=candidate.id, new_admin_name=name)

    async def _keep(self, case: _Case) -> AdminDecision:
        admin = case.thread.settings.administrator
        kept = await self._known(admin.agent_id) if admin else None
        name = cards.name_of(kept or admin) if admin else None
        metadata = {
            "ui_type": "admin_switch_decision_result",
            **cards.HIDDEN,
            **cards.as_fields("kept_admin", kept or admin),
        }
        await self._say(case, f"{name or 'Nobody'} stays the administrator, as a person decided.", metadata)
        return case.result(kept_admin_id=admin.agent_id if admin else None, kept_admin_name=name)

    async def _take_over(self, case: _Case) -> AdminDecision:
        admin = case.thread.settings.administrator
        target_id = case.of_card("current_admin_id") or (admin.agent_id if admin else case.answer.candidate_id)
        if not target_id:
            raise InvalidRequest("No actionable administrator found for takeover", field="candidate_admin_id")
        target = await self._agent(target_id, "Takeover administrator agent not found")
        text = (
            f"{cards.name_of(target)}: a person asks you to take over. Go on with the work now, or tell the human what "
            "you need. Post a message before you wait again."
        )
        await self._say(case, text, cards.instruction(target))
        return case.result(notified_admin_id=target.id, notified_admin_name=cards.name_of(target))

    async def _cancel(self, case: _Case) -> AdminDecision:
        metadata = {"ui_type": "admin_takeover_decision_result", **cards.HIDDEN}
        await self._say(case, "The administrator goes on waiting, as a person decided.", metadata)
        return case.result()

    async def _say(self, case: _Case, text: str, metadata: Mapping[str, Any]) -> None:
        draft = cards.message(case.thread.id, text, {**metadata, **case.trace()})
        await self._bus.messages.post_system(draft)

    async def _require_part(self, case: _Case, candidate: Agent) -> None:
        """Refuse an agent that neither the card proposes nor the thread knows."""
        if candidate.id == case.of_card("candidate_admin_id"):
            return
        overview = await self._bus.threads.overview(case.thread.id, case.answer.caller)
        creator = case.thread.settings.creator_admin
        known = {item.agent_id for item in overview.participants} | ({creator.agent_id} if creator else set())
        if candidate.id not in known:
            raise InvalidRequest(
                f"{cards.name_of(candidate)} takes no part in this thread, so it cannot become its administrator.",
                field="candidate_admin_id",
            )

    async def _agent(self, agent_id: str, missing: str) -> Agent:
        agent = await self._known(agent_id)
        if agent is None:
            raise NotFound(missing, kind="agent", id=agent_id)
        return agent

    async def _known(self, agent_id: str) -> Agent | None:
        try:
            return await self._bus.agents.get(agent_id)
        except NotFound:
            return None


def _decided(answer: Answer, card: Message) -> AdminDecision:
    return {
        "ok": True,
        "thread_id": answer.thread_id,
        "action": str(card.metadata.get("decision_action")),
        "already_decided": True,
        "source_message_id": card.id,
        "decided_at": str(card.metadata.get("decision_at")),
    }
