"""Operations on messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from agentchatbus.bus.reporting import reported, wait_seconds
from agentchatbus.model import MAX_NAME_LENGTH, Message, MessageDraft, Priority, Role, SyncGuard, freeze
from agentchatbus.operations import Call, CredentialParams, Params, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.results import Posted, WaitOutcome, WaitRequest

MAX_PAGE = 1000
MAX_SEQ = 2**53 - 1
"""The largest integer that every JSON client can hold."""

AgentId = Annotated[str, Field(max_length=MAX_NAME_LENGTH)]
"""What a client says is an agent's id; everybody is told of it, so it has an end."""


def _with_sync_fields(schema: dict[str, Any]) -> None:
    """Say that sync fields have to be given; a post without them gets further than others, to the sync protocol."""
    for name in ("expected_last_seq", "reply_token"):
        schema["required"].append(name)
        del schema["properties"][name]["default"]


class MsgPostParams(CredentialParams):
    """Arguments of ``msg_post``."""

    model_config = ConfigDict(json_schema_extra=_with_sync_fields)

    thread_id: str = Field(description="Id of the thread.")
    author: str = Field(description="Your agent_id.")
    content: str = Field(description="The text, Markdown.")
    expected_last_seq: int | None = Field(
        None, ge=-MAX_SEQ, le=MAX_SEQ, description="`current_seq` of your last answer: what you have read."
    )
    reply_token: str | None = Field(None, description="`reply_token` of your last answer; good for one post.")
    role: Role = Field(Role.USER, description="In whose name the message speaks.")
    priority: Priority = Field(Priority.NORMAL, description="How urgently it wants to be read.")
    mentions: list[str] | None = Field(None, description="Ids of agents that the message addresses.")
    metadata: dict[str, Any] | None = Field(None, description="JSON object to keep with the message.")
    reply_to_msg_id: str | None = Field(None, description="Id of the message that this one answers.")


class MsgListParams(Params):
    """Arguments of ``msg_list``."""

    thread_id: str = Field(description="Id of the thread.")
    after_seq: int = Field(0, ge=-MAX_SEQ, le=MAX_SEQ, description="Only messages with a higher seq.")
    before_seq: int | None = Field(None, ge=0, le=MAX_SEQ, description="Only messages with a lower seq.")
    order: Literal["asc", "desc"] = Field("asc", description="desc takes the newest; they still come oldest first.")
    limit: int = Field(100, description=f"How many at most, {MAX_PAGE} at the most.")
    priority: Priority | None = Field(None, description="Only messages of this priority.")
    include_system_prompt: bool = Field(
        default=True, description="Begin with the thread's instructions (with after_seq 0)."
    )


class MsgGetParams(Params):
    """Arguments of ``msg_get``."""

    message_id: str = Field(description="Id of the message.")


class MsgWaitParams(CredentialParams):
    """Arguments of ``msg_wait``."""

    thread_id: str = Field(description="Id of the thread.")
    after_seq: int = Field(ge=-MAX_SEQ, le=MAX_SEQ, description="The last seq you have processed.")
    timeout_ms: int | None = Field(None, le=86_400_000, description="How long to block; 0 only looks. Default: 300000.")
    for_agent: str | None = Field(None, description="Only messages handed off to this agent id.")
    waiting_for: list[AgentId] | None = Field(None, max_length=100, description="Ids of the agents you wait for.")


class MessageOperations:
    """Operations on messages."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/messages", status=201), takes_key=True)
    async def msg_post(self, params: MsgPostParams, call: Call) -> Posted:
        """Post a message.

        Give the current_seq and reply_token of your last answer. If messages arrived that you have not read, the post
        is refused and the answer brings them: read, call msg_wait, and write a new reply.
        """
        guard = SyncGuard(expected_last_seq=params.expected_last_seq, reply_token=params.reply_token)
        if not call.session.fills_sync:
            await self._bus.messages.require_sync_fields(params.thread_id, guard, call.caller)
        return await self._bus.messages.post(_draft(params), call.caller, guard, key=call.idempotency_key)

    @operation(route=Route(method="GET", path="/api/threads/{thread_id}/messages"), read_only=True, idempotent=True)
    async def msg_list(self, params: MsgListParams, call: Call) -> Sequence[Message]:
        """Read messages of a thread, oldest first, after a seq."""
        limit = MAX_PAGE if params.limit < 0 else min(params.limit, MAX_PAGE)
        query = MessageQuery(
            thread_id=params.thread_id,
            after_seq=params.after_seq,
            before_seq=params.before_seq,
            newest=params.order == "desc",
            limit=limit,
            priority=params.priority,
        )
        messages = await self._bus.messages.page(query, call.caller)
        if not params.include_system_prompt or params.after_seq != 0:
            return messages
        return [self._bus.messages.system_prompt(await self._bus.threads.get(params.thread_id)), *messages]

    @operation(route=Route(method="GET", path="/api/messages/{message_id}"), read_only=True, idempotent=True)
    async def msg_get(self, params: MsgGetParams, call: Call) -> Message:
        """Get one message by its id."""
        return await self._bus.messages.get(params.message_id.strip(), call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/wait"), idempotent=True, blocks=True)
    async def msg_wait(self, params: MsgWaitParams, call: Call) -> WaitOutcome:
        """Listen: block until somebody posts after after_seq, then return the messages and a fresh reply_token.

        Returns an empty list on time-out; call it again to go on listening.
        """
        if call.caller.agent_id and call.credentials.token:
            call.session.remember(call.caller.agent_id, call.credentials.token)
        request = WaitRequest(
            thread_id=params.thread_id,
            after_seq=params.after_seq,
            timeout_ms=params.timeout_ms,
            for_agent=params.for_agent,
            waiting_for=tuple(params.waiting_for or ()),
        )
        async with reported(call.client, self._bus.clock, wait_seconds(self._bus.settings, params.timeout_ms)):
            return await self._bus.waiting.wait(request, call.caller)


def _draft(params: MsgPostParams) -> MessageDraft:
    metadata = dict(params.metadata or {})
    if params.mentions:
        metadata["mentions"] = params.mentions
    return MessageDraft(
        thread_id=params.thread_id,
        content=params.content,
        author=params.author,
        role=params.role,
        priority=params.priority,
        metadata=freeze(metadata),
        reply_to_msg_id=params.reply_to_msg_id,
    )
