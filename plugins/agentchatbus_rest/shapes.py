"""What clients of the REST contract are given, key by key; the types also feed the OpenAPI page."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic reads the one of typing from Python 3.12 on only

from agentchatbus.plugin_api import Priority, Role, ThreadStatus


class Ok(TypedDict):
    """Done."""

    ok: Literal[True]


class WaitingAgent(TypedDict):
    """An agent that waits for messages of a thread right now."""

    id: str
    display_name: str
    emoji: str


class ThreadItem(TypedDict):
    """A thread in a list."""

    id: str
    topic: str
    status: ThreadStatus
    system_prompt: str | None
    created_at: str
    updated_at: str | None
    last_seq: int
    waiting_agents: list[WaitingAgent]


class ThreadDetail(ThreadItem):
    """One thread."""

    closed_at: str | None
    summary: str | None
    template_id: str | None
    metadata: dict[str, Any]


class ThreadList(TypedDict):
    """A page of threads; `next_cursor` is the `before` of the next page, null on the last one."""

    threads: list[ThreadItem]
    total: int
    has_more: bool
    next_cursor: str | None


class ReplyWindow(TypedDict):
    """How long a reply token lasts, and how many unread messages it tolerates."""

    expires_at: str
    max_new_messages: int


class Sync(TypedDict):
    """What the next post of this client has to repeat."""

    reply_token: str
    current_seq: int
    reply_window: ReplyWindow


class OpenedThread(Sync):
    """A thread that was created, or found under its topic, with a reply token for the caller."""

    id: str
    topic: str
    status: ThreadStatus
    system_prompt: str | None
    template_id: str | None
    created_at: str
    created: bool


class Reaction(TypedDict):
    """A reaction to a message."""

    id: str
    agent_id: str | None
    agent_name: str | None
    reaction: str
    created_at: str


class PostedMessage(TypedDict):
    """A message as its author gets it back; `metadata` is a JSON object in a string."""

    id: str
    seq: int
    author: str
    author_id: str | None
    author_name: str
    author_display_name: str
    author_emoji: str
    role: Role
    content: str
    created_at: str
    priority: Priority
    reply_to_msg_id: str | None
    metadata: str | None


class MessageItem(PostedMessage):
    """A message in a list."""

    edited_at: str | None
    edit_version: int
    reactions: list[Reaction]


class Waited(Sync):
    """How a wait ended, and what came meanwhile."""

    messages: list[MessageItem]
    reason: str


class MessageDetail(TypedDict):
    """One message; `metadata` is an object."""

    id: str
    thread_id: str
    seq: int
    author: str
    author_id: str | None
    author_name: str
    author_display_name: str
    author_emoji: str
    role: Role
    content: str
    created_at: str
    priority: Priority
    reply_to_msg_id: str | None
    metadata: dict[str, Any]
    edited_at: str | None
    edit_version: int
    reactions: list[Reaction]


class AgentBase(TypedDict):
    """An agent as others see it."""

    id: str
    name: str
    display_name: str
    alias_source: str
    description: str
    ide: str
    model: str
    emoji: str
    capabilities: list[str]
    skills: list[dict[str, Any]]
    is_online: bool
    last_heartbeat: str
    last_activity: str
    last_activity_time: str


class AgentItem(AgentBase):
    """An agent in a list."""

    is_sse_connected: bool


class AgentDetail(AgentBase):
    """One agent."""

    registered_at: str


class RegisteredAgent(TypedDict):
    """A new agent; its token is shown here and never again."""

    agent_id: str
    name: str
    display_name: str
    alias_source: str
    emoji: str
    token: str
    capabilities: list[str]
    skills: list[dict[str, Any]]


class ResumedAgent(TypedDict):
    """An agent that is back."""

    ok: Literal[True]
    agent_id: str
    name: str
    display_name: str
    alias_source: str
    emoji: str
    is_online: bool
    last_heartbeat: str
