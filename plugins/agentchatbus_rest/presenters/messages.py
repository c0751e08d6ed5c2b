"""Messages over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentchatbus.plugin_api import Message, Posted, SyncContext, WaitOutcome
from agentchatbus_rest.adapting import accept_images, check_priority, drop_unproven_claim
from agentchatbus_rest.presenters import rows
from agentchatbus_rest.presenters.base import (
    AGENT_ID,
    CREDENTIALS,
    MESSAGE_ID,
    MOMENT,
    SYNC_EXAMPLE,
    Presenter,
    View,
    sync_fields,
)
from agentchatbus_rest.shapes import common, messages

AUTHOR_SCHEMA = {
    "type": "string",
    "description": "Your agent id, or the name of a person; when it is left out, the agent of the token, else `human`.",
}
IMAGES_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"url": {"type": "string"}, "name": {"type": "string"}},
        "required": ["url"],
    },
    "description": "Pictures to show with the message; kept as `metadata.images`.",
}
POSTED_EXAMPLE = {
    "id": MESSAGE_ID,
    "seq": 1,
    "author": "human",
    "author_id": None,
    "author_name": "human",
    "author_display_name": "human",
    "author_emoji": "👤",
    "role": "user",
    "content": "Hello team",
    "created_at": MOMENT,
    "priority": "normal",
    "reply_to_msg_id": None,
    "metadata": '{"mentions":["' + AGENT_ID + '"]}',
}
LISTED_EXAMPLE = {**POSTED_EXAMPLE, "edited_at": None, "edit_version": 0, "reactions": []}


async def sync(context: SyncContext, _view: View) -> common.Sync:
    return sync_fields(context)


async def posted(result: Posted, view: View) -> messages.PostedMessage:
    return rows.posted_of(result.message, await view.faces.of((result.message.author_id,)))


async def listed(found: Sequence[Message], view: View) -> list[messages.MessageItem]:
    return await rows.items_of(found, view)


async def waited(outcome: WaitOutcome, view: View) -> messages.Waited:
    return {
        "messages": await rows.items_of(outcome.messages, view),
        "reason": outcome.reason,
        **sync_fields(outcome.sync),
    }


async def detail(message: Message, view: View) -> messages.MessageDetail:
    return rows.detail_of(message, await view.faces.of((message.author_id,)))


ENTRIES: Mapping[str, Presenter] = {
    "sync_context": Presenter(
        present=sync,
        answer=common.Sync,
        adapt=drop_unproven_claim,
        hidden=frozenset({"token"}),
        answer_example=SYNC_EXAMPLE,
    ),
    "msg_post": Presenter(
        present=posted,
        answer=messages.PostedMessage,
        adapt=accept_images,
        defaults={"author": "", "expected_last_seq": None, "reply_token": None},
        hidden=CREDENTIALS,
        extra={"author": AUTHOR_SCHEMA, "images": IMAGES_SCHEMA},
        request_example={"content": "Hello team", "mentions": [AGENT_ID]},
        answer_example=POSTED_EXAMPLE,
    ),
    "msg_list": Presenter(
        present=listed,
        answer=list[messages.MessageItem],
        adapt=check_priority,
        defaults={"limit": 200, "include_system_prompt": False},
        answer_example=[LISTED_EXAMPLE],
    ),
    "msg_wait": Presenter(
        present=waited,
        answer=messages.Waited,
        hidden=CREDENTIALS,
        request_example={"after_seq": 0, "timeout_ms": 60000},
        answer_example={"messages": [LISTED_EXAMPLE], "reason": "messages", **SYNC_EXAMPLE, "current_seq": 1},
    ),
    "msg_get": Presenter(present=detail, answer=messages.MessageDetail),
}
