"""Reply tokens and what comes with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


def hash_token(token: str) -> str:
    """Return what is stored of a token: SHA-256 in hex. Tokens are random and long, so a plain hash protects them."""
    return sha256(token.encode()).hexdigest()


class TokenSource(StrEnum):
    """Which call issued a reply token."""

    BUS_CONNECT = "bus_connect"
    THREAD_CREATE = "thread_create"
    MSG_WAIT = "msg_wait"
    MSG_POST_CHAIN = "msg_post_chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToken:
    """A single-use permission to post to one thread; None as `agent_id` lets any author use it.

    Attributes:
        hash: SHA-256 of the token in hex; the token itself is nowhere stored.
        consumed_by: The message that was posted with it; None for a token that was invalidated.
        fingerprint: A hash of that post, by which a repeat is told from another message.
    """

    hash: str
    thread_id: str
    agent_id: str | None
    source: TokenSource
    issued_at: datetime
    consumed_at: datetime | None = None
    consumed_by: str | None = None
    fingerprint: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the token can still be used."""
        return self.consumed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncContext:
    """What a client needs for its next post."""

    current_seq: int
    reply_token: str
    max_new_messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncGuard:
    """What a post claims to have read: the last seq, and the token that came with it; None claims nothing."""

    expected_last_seq: int | None
    reply_token: str | None = field(repr=False)
