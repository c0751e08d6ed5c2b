"""Shapes that several answers share."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads the one of typing from Python 3.12 on only


class Ok(TypedDict):
    """Done."""

    ok: Literal[True]


class ReplyWindow(TypedDict):
    """How long a reply token lasts, and how many unread messages it tolerates."""

    expires_at: str
    max_new_messages: int


class Sync(TypedDict):
    """What the next post of this client has to repeat."""

    reply_token: str
    current_seq: int
    reply_window: ReplyWindow


class WaitingAgent(TypedDict):
    """An agent that waits for messages of a thread right now; `waiting_for` are the ids of agents it waits for."""

    id: str
    display_name: str
    emoji: str
    since: str
    waiting_for: list[str]


class ParticipantItem(TypedDict):
    """Somebody who joined a thread or spoke in it; `agent_id` is null for people."""

    agent_id: str | None
    name: str
    display_name: str
    emoji: str
    joined_at: str
    read_seq: int
