"""Messages as MCP clients see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentchatbus.plugin_api import (
    BusError,
    BusSettings,
    Message,
    NotFound,
    Posted,
    Reaction,
    StopReason,
    Unauthenticated,
    WaitOutcome,
    isoformat,
    thaw,
)
from agentchatbus_mcp.presenters.base import (
    Answer,
    Block,
    Options,
    Presenter,
    Shape,
    View,
    compact,
    list_answer,
    sync_fields,
    text_block,
    without_disabled,
)
from agentchatbus_mcp.presenters.blocks import NO_PICTURES, message_blocks, pictures_of
from agentchatbus_mcp.presenters.texts import BOTH_CREDENTIALS, WRONG_CREDENTIALS
from agentchatbus_mcp.schemas import Schema

GATED_METADATA = {"handoff_target": "enable_handoff_target", "stop_reason": "enable_stop_reason"}


class ReplyWindow(TypedDict):
    """How long a reply token is good, and how many unread messages a post may have missed."""

    expires_at: str
    max_new_messages: int


class PostedShape(TypedDict):
    """Result of ``msg_post``."""

    msg_id: str
    seq: int
    reply_to_msg_id: str | None
    priority: NotRequired[str]
    handoff_target: NotRequired[str]
    stop_reason: NotRequired[str]
    current_seq: NotRequired[int]
    reply_token: NotRequired[str]
    reply_window: NotRequired[ReplyWindow]


class WaitedMessage(TypedDict):
    """A message as ``msg_wait`` delivers it."""

    msg_id: str
    author: str
    author_id: str | None
    author_name: str
    role: str
    content: str
    seq: int
    created_at: str
    metadata: dict[str, Any] | None
    priority: NotRequired[str]


class ListedMessage(WaitedMessage):
    """A message as ``msg_list`` lists it."""

    reply_to_msg_id: str | None
    reactions: list[dict[str, Any]]


class FoundMessage(ListedMessage):
    """A message as ``msg_get`` shows it."""

    thread_id: str
    edited_at: str | None
    edit_version: int


class MessagesShape(TypedDict):
    """Result of ``msg_list``."""

    messages: list[ListedMessage]


class MessageShape(TypedDict):
    """Result of ``msg_get``."""

    found: bool
    message: FoundMessage | None


class WaitShape(TypedDict):
    """Result of ``msg_wait``."""

    messages: list[WaitedMessage]
    current_seq: int
    reply_token: str
    reply_window: ReplyWindow
    reason: str


class ReadOptions(Options):
    """How messages are shown."""

    return_format: Literal["blocks", "json"] = Field(
        "blocks", description="`blocks`: readable text and images; `json`: one JSON text with all fields."
    )
    include_attachments: bool = Field(default=True, description="Show images (with `blocks`).")


def present_posted(posted: Posted, view: View) -> Answer:
    """Answer a post with the message's place and the token for the next one."""
    message, settings = posted.message, view.settings
    shape: dict[str, Any] = {
        "msg_id": message.id,
        "seq": message.seq,
        "reply_to_msg_id": message.reply_to_msg_id,
        **_priority(message, settings),
    }
    for key, flag in GATED_METADATA.items():
        value = message.metadata.get(key)
        if getattr(settings, flag) and isinstance(value, str) and value:
            shape[key] = value
    if posted.sync is not None:
        shape |= sync_fields(posted.sync)
    return Answer(structured=shape)


async def present_list(messages: Sequence[Message], view: View) -> Answer:
    """Answer with blocks, or with a bare array of all fields."""
    listed = [_listed(message, view.settings) for message in messages]
    if _wants_json(view):
        return list_answer("messages", listed)
    return Answer(structured={"messages": listed}, content=await _blocks(messages, view))


def present_message(message: Message, view: View) -> Answer:
    """Answer with one message."""
    found = {
        **_listed(message, view.settings),
        "thread_id": message.thread_id,
        "edited_at": isoformat(message.edited_at) if message.edited_at else None,
        "edit_version": message.edit_version,
    }
    return Answer(structured={"found": True, "message": found})


async def present_wait(outcome: WaitOutcome, view: View) -> Answer:
    """Answer with the sync context first, then the messages."""
    sync = sync_fields(outcome.sync)
    waited = [_waited(message, view.settings) for message in outcome.messages]
    envelope = {"messages": waited, **sync, "reason": outcome.reason}
    if _wants_json(view):
        return Answer(structured=envelope)
    head = text_block(compact({"type": "sync_context", **sync, "reason": outcome.reason}))
    return Answer(structured=envelope, content=[head, *await _blocks(outcome.messages, view)])


def refuse_message(error: BusError, _view: View) -> Shape | None:
    """Say that there is no such message."""
    return {"found": False, "message": None} if isinstance(error, NotFound) else None


def refuse_wait(error: BusError, view: View) -> Shape | None:
    """Say what is wrong with the credentials."""
    if not isinstance(error, Unauthenticated):
        return None
    if error.details.get("reason") == "gone":
        return {"error": "InvalidCredentials", "detail": error.message}
    has_both = bool(view.text("agent_id")) == bool(view.text("token"))
    return {"error": "InvalidCredentials", "detail": WRONG_CREDENTIALS if has_both else BOTH_CREDENTIALS}


def post_inputs(schema: Schema, settings: BusSettings) -> Schema:
    """Offer the keys of metadata that mean something."""
    schema = without_disabled(schema, settings, {"priority": "enable_priority"})
    known: dict[str, Schema] = {
        "attachments": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Images: {type: 'image', mimeType, data: base64} or {type: 'image', url}.",
        }
    }
    if settings.enable_handoff_target:
        known["handoff_target"] = {"type": "string", "description": "Id of the agent that goes on."}
    if settings.enable_stop_reason:
        known["stop_reason"] = {
            "type": "string",
            "enum": sorted(StopReason),
            "description": "Why you end your turn.",
        }
    schema["properties"]["metadata"] = {**schema["properties"]["metadata"], "properties": known}
    return schema


def list_inputs(schema: Schema, settings: BusSettings) -> Schema:
    """Offer the priority only where priorities are in use."""
    return without_disabled(schema, settings, {"priority": "enable_priority"})


def wait_inputs(schema: Schema, settings: BusSettings) -> Schema:
    """Offer the filter for hand-offs only where they are in use."""
    return without_disabled(schema, settings, {"for_agent": "enable_handoff_target"})


def _wants_json(view: View) -> bool:
    return isinstance(view.options, ReadOptions) and view.options.return_format == "json"


async def _blocks(messages: Sequence[Message], view: View) -> list[Block]:
    is_full = isinstance(view.options, ReadOptions) and view.options.include_attachments
    pictures = await pictures_of(messages, view.bus.files) if is_full else NO_PICTURES
    return [
        block for message in messages for block in message_blocks(message, with_attachments=is_full, pictures=pictures)
    ]


def _waited(message: Message, settings: BusSettings) -> dict[str, Any]:
    return {
        "msg_id": message.id,
        "author": message.author,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "role": message.role,
        "content": message.content,
        "seq": message.seq,
        "created_at": isoformat(message.created_at),
        "metadata": _metadata(message, settings),
        **_priority(message, settings),
    }


def _listed(message: Message, settings: BusSettings) -> dict[str, Any]:
    reactions = [_reaction(reaction) for reaction in message.reactions]
    return {**_waited(message, settings), "reply_to_msg_id": message.reply_to_msg_id, "reactions": reactions}


def _reaction(reaction: Reaction) -> dict[str, Any]:
    return {
        "id": reaction.id,
        "agent_id": reaction.agent_id,
        "agent_name": reaction.agent_name,
        "reaction": reaction.reaction,
        "created_at": isoformat(reaction.created_at),
    }


def _priority(message: Message, settings: BusSettings) -> dict[str, Any]:
    return {"priority": message.priority} if settings.enable_priority else {}


def _metadata(message: Message, settings: BusSettings) -> dict[str, Any] | None:
    """Return the metadata that agents see; None when nothing is left."""
    off = {key for key, flag in GATED_METADATA.items() if not getattr(settings, flag)}
    return {key: thaw(value) for key, value in message.metadata.items() if key not in off} or None


PRESENTERS = {
    "msg_post": Presenter(shape=PostedShape, present=present_posted, inputs=post_inputs),
    "msg_list": Presenter(shape=MessagesShape, present=present_list, inputs=list_inputs, options=ReadOptions),
    "msg_get": Presenter(shape=MessageShape, present=present_message, refuse=refuse_message),
    "msg_wait": Presenter(
        shape=WaitShape, present=present_wait, refuse=refuse_wait, inputs=wait_inputs, options=ReadOptions
    ),
}
