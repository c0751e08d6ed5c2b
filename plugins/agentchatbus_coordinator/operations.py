"""What people can ask about administrators."""

from __future__ import annotations

from pydantic import Field
from typing_extensions import TypedDict

from agentchatbus.plugin_api import Bus, Call, NotFound, Params, Route, isoformat, operation
from agentchatbus_coordinator import cards
from agentchatbus_coordinator.decisions import Action, AdminDecision, Answer, Decisions


class ThreadAdminParams(Params):
    """Arguments that name a thread."""

    thread_id: str = Field(description="Id of the thread.")


class ThreadAdminDecideParams(ThreadAdminParams):
    """Arguments of ``thread_admin_decide``."""

    action: Action = Field(description="What to do; the buttons of a card say what goes with it.")
    candidate_admin_id: str | None = Field(None, description="Whom to make administrator; needed for `switch`.")
    source_message_id: str | None = Field(None, description="The card that asked, which is then decided.")


class ThreadAdmin(TypedDict):
    """A thread's administrator; all null when it has none."""

    admin_id: str | None
    admin_name: str | None
    admin_emoji: str | None
    admin_type: str | None
    assigned_at: str | None


class CoordinatorOperations:
    """Operations on the administrators of threads."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._decisions = Decisions(bus)

    @operation(
        route=Route(method="GET", path="/api/threads/{thread_id}/admin"), read_only=True, idempotent=True, tool=False
    )
    async def thread_admin_get(self, params: ThreadAdminParams, _call: Call) -> ThreadAdmin:
        """Say who leads a thread: the agent a person chose, else the one that created it."""
        settings = (await self._bus.threads.get(params.thread_id)).settings
        admin = settings.administrator
        if admin is None:
            return {"admin_id": None, "admin_name": None, "admin_emoji": None, "admin_type": None, "assigned_at": None}
        try:
            who = await self._bus.agents.get(admin.agent_id)
        except NotFound:
            who = None
        return {
            "admin_id": admin.agent_id,
            "admin_name": cards.name_of(who or admin),
            "admin_emoji": cards.emoji_of(who or admin),
            "admin_type": "auto_assigned" if settings.auto_assigned_admin else "creator",
            "assigned_at": isoformat(admin.assigned_at),
        }

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/admin/decision"), tool=False)
    async def thread_admin_decide(self, params: ThreadAdminDecideParams, call: Call) -> AdminDecision:
        """Answer a card of the coordinator, or choose another administrator without one. Only people may."""
        answer = Answer(
            thread_id=params.thread_id,
            action=params.action,
            candidate_id=params.candidate_admin_id,
            card_id=params.source_message_id,
            caller=call.caller,
        )
        return await self._decisions.decide(answer)
