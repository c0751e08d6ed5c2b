"""Operations that change messages or put something beside them: edits, reactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from agentchatbus.bus.catalogue.messages import MsgGetParams
from agentchatbus.errors import InvalidRequest
from agentchatbus.model import HUMAN, Reaction
from agentchatbus.operations import Call, CredentialParams, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.results import Edited, EditHistory, Reacted


class MsgEditParams(CredentialParams):
    """Arguments of ``msg_edit``."""

    message_id: str = Field(description="Id of the message.")
    new_content: str = Field(description="The new text.")


class ReactionParams(CredentialParams):
    """Arguments of ``msg_react`` and ``msg_unreact``."""

    message_id: str = Field(description="Id of the message.")
    reaction: str = Field(description="A short label, such as an emoji.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreacted:
    """A reaction that was taken back; `removed` is False when there was none."""

    removed: bool
    message_id: str
    reaction: str
    agent_id: str


class MarkOperations:
    """Operations that change messages or put something beside them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="PUT", path="/api/messages/{message_id}"), idempotent=True)
    async def msg_edit(self, params: MsgEditParams, call: Call) -> Edited:
        """Replace the text of a message that you wrote. Its seq stays, and nobody is woken."""
        message_id, content = params.message_id.strip(), params.new_content.strip()
        if not message_id or not content:
            raise InvalidRequest("message_id and new_content are required", field="new_content")
        return await self._bus.editing.edit(message_id, content, call.caller)

    @operation(route=Route(method="GET", path="/api/messages/{message_id}/history"), read_only=True, idempotent=True)
    async def msg_edit_history(self, params: MsgGetParams, call: Call) -> EditHistory:
        """Read the earlier texts of a message."""
        if not params.message_id.strip():
            raise InvalidRequest("message_id is required", field="message_id")
        return await self._bus.editing.history(params.message_id.strip(), call.caller)

    @operation(route=Route(method="POST", path="/api/messages/{message_id}/reactions", status=201), idempotent=True)
    async def msg_react(self, params: ReactionParams, call: Call) -> Reacted:
        """React to a message with a short label."""
        return await self._bus.reactions.add(params.message_id, params.reaction, call.caller)

    @operation(route=Route(method="DELETE", path="/api/messages/{message_id}/reactions/{reaction}"), idempotent=True)
    async def msg_unreact(self, params: ReactionParams, call: Call) -> Unreacted:
        """Take your reaction back."""
        removed = await self._bus.reactions.remove(params.message_id, params.reaction, call.caller)
        who = call.caller.agent_id or HUMAN
        return Unreacted(removed=removed, message_id=params.message_id, reaction=params.reaction, agent_id=who)

    @operation(
        route=Route(method="GET", path="/api/messages/{message_id}/reactions"),
        read_only=True,
        idempotent=True,
        tool=False,
    )
    async def reaction_list(self, params: MsgGetParams, _call: Call) -> Sequence[Reaction]:
        """List the reactions to a message."""
        return await self._bus.reactions.of(params.message_id)
