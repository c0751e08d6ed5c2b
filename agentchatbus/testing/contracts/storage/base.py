"""What the parts of the storage contract share: the opened storage, sample values and short units of work."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from agentchatbus.events import EventBody
from agentchatbus.model import (
    Agent,
    Message,
    MessageEdit,
    Participant,
    Reaction,
    ReplyToken,
    Role,
    Thread,
    TokenSource,
)
from agentchatbus.ports.storage import Storage, Transaction

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SomethingHappened(EventBody):
    """An event of a plugin, with a payload of its own."""

    type: ClassVar[str] = "test.something"
    value: Any = None
    thread_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStored(EventBody):
    """What `posting` says of a message."""

    type: ClassVar[str] = "test.stored"
    thread_id: str
    seq: int
    content: str


@pytest.mark.asyncio
class StorageCase:
    """Base of the parts; `durable` is False for a backend that forgets everything when it is closed."""

    durable: ClassVar[bool] = True

    def open_storage(self, tmp_path: Path) -> AbstractAsyncContextManager[Storage]:
        """Open the backend on an empty folder, or again on one that it has filled."""
        raise NotImplementedError

    @pytest_asyncio.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[Storage]:
        async with self.open_storage(tmp_path) as storage:
            yield storage


def at(seconds: float) -> datetime:
    """Return a moment, seconds after the first one."""
    return START + timedelta(seconds=seconds)


def make_thread(name: str = "t", /, **fields: Any) -> Thread:
    """Return a thread whose id and topic derive from `name`."""
    return Thread(**{"id": name, "topic": f"topic of {name}", "created_at": START, **fields})


def make_message(seq: int, thread_id: str = "t", /, **fields: Any) -> Message:
    """Return a message whose id derives from its thread and seq."""
    values = {
        "id": f"{thread_id}-{seq}",
        "thread_id": thread_id,
        "seq": seq,
        "author": "a",
        "author_id": "a",
        "author_name": "Ada",
        "role": Role.ASSISTANT,
        "content": f"message {seq}",
        "created_at": at(seq),
    }
    return Message(**{**values, **fields})


def make_agent(name: str = "a", /, **fields: Any) -> Agent:
    """Return an agent whose id is `name`."""
    values = {
        "id": name,
        "name": f"agent {name}",
        "ide": "editor",
        "model": "model",
        "registered_at": START,
        "last_heartbeat": START,
        "last_activity_time": START,
    }
    return Agent(**{**values, **fields})


def make_token(name: str, /, **fields: Any) -> ReplyToken:
    """Return an open reply token of agent ``a`` for thread ``t`` whose hash is `name`."""
    values = {"hash": name, "thread_id": "t", "agent_id": "a", "source": TokenSource.MSG_WAIT, "issued_at": START}
    return ReplyToken(**{**values, **fields})


def make_edit(message_id: str, version: int) -> MessageEdit:
    """Return an edit of a message."""
    old = f"text before {version}"
    return MessageEdit(message_id=message_id, version=version, old_content=old, edited_by="Ada", created_at=at(version))


def make_reaction(name: str, message_id: str, /, **fields: Any) -> Reaction:
    """Return agent ``a``'s ``+1`` on a message."""
    values = {"agent_id": "a", "agent_name": "Ada", "reaction": "+1", "created_at": START}
    return Reaction(**{"id": name, "message_id": message_id, **values, **fields})


def make_participant(key: str, thread_id: str = "t", /, **fields: Any) -> Participant:
    """Return an agent that joined a thread at the start and has read nothing."""
    values = {"agent_id": key, "name": f"agent {key}", "joined_at": START}
    return Participant(**{"thread_id": thread_id, "key": key, **values, **fields})


def adding_threads(*threads: Thread) -> Callable[[Transaction], None]:
    """Return a unit of work that adds threads, one named ``t`` when none is given."""

    def work(tx: Transaction) -> None:
        for thread in threads or (make_thread(),):
            tx.threads.add(thread)

    return work


def appending(*messages: Message) -> Callable[[Transaction], None]:
    """Return a unit of work that appends messages."""

    def work(tx: Transaction) -> None:
        for message in messages:
            tx.messages.append(message)

    return work


def posting(content: str, thread_id: str = "t") -> Callable[[Transaction], Message]:
    """Return a unit of work that posts a message the way the bus does: next seq, message, event."""

    def work(tx: Transaction) -> Message:
        thread = tx.threads.get(thread_id)
        assert thread is not None
        seq = thread.last_seq + 1
        message = make_message(seq, thread_id, id=f"{thread_id}-{seq}-{content[:20]}", content=content)
        tx.messages.append(message)
        tx.events.append(MessageStored(thread_id=thread_id, seq=seq, content=content), message.created_at)
        return message

    return work


async def is_refused(storage: Storage, work: Callable[[Transaction], Any]) -> bool:
    """Return whether a unit of work fails; which error a contradiction raises is the backend's business."""
    try:
        await storage.write(work)
    except Exception:
        return True
    return False
