"""How operations look over REST where that differs from what they are: one entry for each, and none for most.

An operation without an entry takes its own parameters and answers with its result as JSON.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentchatbus_rest import shapes
from agentchatbus_rest.adapting import accept_images, check_priority, drop_unproven_claim, require_creator
from agentchatbus_rest.http import Inbound
from agentchatbus_rest.rendering import Rendering

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenter:
    """The REST form of one operation.

    Attributes:
        present: Turns the result into JSON values.
        answer: The type of what `present` returns, for the OpenAPI page; None takes the operation's own.
        status: The status for a result; None takes the one of the route.
        adapt: Changes the arguments before the call; may refuse them.
        renamed: Parameters that have another name here, by that name.
        defaults: Values of parameters that the client need not give here.
        required: Parameters that the client has to give here, although the operation can do without.
        hidden: Parameters that come another way, such as a header, and are not shown.
        extra: JSON schemas of parameters that only `adapt` knows, or that mean something else here.
        request_example: A body for the OpenAPI page.
        answer_example: An answer for the OpenAPI page.
    """

    present: Callable[[Rendering, Any], Awaitable[Any]] = Rendering.as_it_is
    answer: Any = None
    status: Callable[[Any], int] | None = None
    adapt: Callable[[Arguments, Inbound], None] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    request_example: Any = None
    answer_example: Any = None


CREDENTIALS = frozenset({"agent_id", "token"})
AGENT_ID = "9d78c2f1-3a56-4f0e-9b1e-0a2f6f1f7c11"
MESSAGE_ID = "066d5a0e-8f0c-4a2b-bb0a-5d1c7d0c9a52"
THREAD_ID = "0127b1f0-54a7-4c39-9d5e-2b8f8a1c6e90"
MOMENT = "2026-11-22T10:49:44.207130+00:00"

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
SYNC_EXAMPLE = {
    "current_seq": 0,
    "reply_token": "tYVGn0Wm3pQx5sK1vB7cZ2dR8fHjL4aE",
    "reply_window": {"expires_at": "9999-12-31T23:59:59+00:00", "max_new_messages": 0},
}

PRESENTERS: Mapping[str, Presenter] = {
    "thread_create": Presenter(
        present=Rendering.opened,
        answer=shapes.OpenedThread,
        status=lambda opened: 201 if opened.created else 200,
        adapt=require_creator,
        renamed={"creator_agent_id": "agent_id"},
        required=frozenset({"creator_agent_id"}),
        hidden=frozenset({"token"}),
        request_example={"topic": "Fix login race", "creator_agent_id": AGENT_ID, "system_prompt": "Be brief."},
        answer_example={
            "id": THREAD_ID,
            "topic": "Fix login race",
            "status": "discuss",
            "system_prompt": "Be brief.",
            "template_id": None,
            "created_at": MOMENT,
            "created": True,
            **SYNC_EXAMPLE,
        },
    ),
    "thread_list": Presenter(present=Rendering.thread_page, answer=shapes.ThreadList),
    "thread_get": Presenter(present=Rendering.thread, answer=shapes.ThreadDetail),
    "sync_context": Presenter(
        present=Rendering.sync,
        answer=shapes.Sync,
        adapt=drop_unproven_claim,
        hidden=frozenset({"token"}),
        answer_example=SYNC_EXAMPLE,
    ),
    "msg_post": Presenter(
        present=Rendering.posted,
        answer=shapes.PostedMessage,
        adapt=accept_images,
        defaults={"author": "", "expected_last_seq": None, "reply_token": None},
        hidden=CREDENTIALS,
        extra={"author": AUTHOR_SCHEMA, "images": IMAGES_SCHEMA},
        request_example={"content": "Hello team", "mentions": [AGENT_ID]},
        answer_example={
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
        },
    ),
    "msg_list": Presenter(
        present=Rendering.messages,
        answer=list[shapes.MessageItem],
        adapt=check_priority,
        defaults={"limit": 200, "include_system_prompt": False},
    ),
    "msg_wait": Presenter(present=Rendering.waited, answer=shapes.Waited, hidden=CREDENTIALS),
    "msg_get": Presenter(present=Rendering.message, answer=shapes.MessageDetail),
    "agent_register": Presenter(
        present=Rendering.registered,
        answer=shapes.RegisteredAgent,
        request_example={"ide": "Cursor", "model": "GPT-5", "display_name": "Nova"},
    ),
    "agent_heartbeat": Presenter(present=Rendering.ok, answer=shapes.Ok),
    "agent_resume": Presenter(present=Rendering.resumed, answer=shapes.ResumedAgent),
    "agent_unregister": Presenter(present=Rendering.ok, answer=shapes.Ok),
    "agent_list": Presenter(present=Rendering.agents, answer=list[shapes.AgentItem]),
    "agent_get": Presenter(present=Rendering.agent, answer=shapes.AgentDetail),
}
AS_IT_IS = Presenter()
