"""What the stores are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agentchatbus.model import Priority, ThreadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadQuery:
    """Which threads to list, newest first unless `oldest_first`.

    Attributes:
        status: Only this status; wins over `include_archived`.
        include_archived: Whether archived threads are listed.
        by_activity: Order by `Thread.active_at` instead of by creation.
        oldest_first: Turn the order round, and the cursor with it.
        before: Exclusive cursor, the time that the list is ordered by and the id of the last thread already seen.
        limit: How many at most; None lists all.
    """

    status: ThreadStatus | None = None
    include_archived: bool = False
    by_activity: bool = False
    oldest_first: bool = False
    before: tuple[datetime, str] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """Which messages of one thread to read, lowest seq first.

    Attributes:
        thread_id: The thread.
        after_seq: Exclusive lower bound.
        before_seq: Exclusive upper bound.
        limit: How many at most.
        newest: Take the highest seqs instead of the lowest when there are more than `limit`.
        priority: Only this priority.
        handoff_target: Only messages whose ``metadata.handoff_target`` equals this.
    """

    thread_id: str
    after_seq: int = 0
    before_seq: int | None = None
    limit: int = 100
    newest: bool = False
    priority: Priority | None = None
    handoff_target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The first answer to a write that carried an idempotency key.

    Attributes:
        fingerprint: A hash of the request; another one under the same key is a conflict.
        answer: What the use case needs to give the same answer again. It holds no credential.
        created_at: When it was given; old answers are pruned.
    """

    fingerprint: str
    answer: Mapping[str, Any]
    created_at: datetime
