"""Events of threads; each carries the thread's new row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from agentchatbus.clock import isoformat
from agentchatbus.events.base import EventBody
from agentchatbus.events.rows import Row, participant_row, settings_row, thread_row
from agentchatbus.model import Face, Participant, Thread, ThreadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadEvent(EventBody):
    """Base of the events that tell of a thread's new row and of nothing else."""

    thread_id: str
    thread: Row

    @classmethod
    def of(cls, thread: Thread) -> Self:
        return cls(thread_id=thread.id, thread=thread_row(thread))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadCreated(EventBody):
    """A thread was created."""

    type: ClassVar[str] = "thread.new"
    thread_id: str
    topic: str
    thread: Row

    @classmethod
    def of(cls, thread: Thread) -> ThreadCreated:
        return cls(thread_id=thread.id, topic=thread.topic, thread=thread_row(thread))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadStateChanged(EventBody):
    """A thread has another status."""

    type: ClassVar[str] = "thread.state"
    thread_id: str
    state: str
    thread: Row

    @classmethod
    def of(cls, thread: Thread) -> ThreadStateChanged:
        return cls(thread_id=thread.id, state=thread.status.value, thread=thread_row(thread))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadWasClosed(EventBody):
    """Somebody closed a thread."""

    type: ClassVar[str] = "thread.closed"
    thread_id: str
    summary: str | None
    thread: Row

    @classmethod
    def of(cls, thread: Thread) -> ThreadWasClosed:
        return cls(thread_id=thread.id, summary=thread.summary, thread=thread_row(thread))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadTimedOut(EventBody):
    """A thread was closed because nobody spoke in it for too long."""

    type: ClassVar[str] = "thread.timeout"
    thread_id: str
    topic: str
    last_activity: str
    timeout_minutes: float
    closed_at: str | None
    thread: Row

    @classmethod
    def of(cls, thread: Thread, timeout_minutes: float) -> ThreadTimedOut:
        return cls(
            thread_id=thread.id,
            topic=thread.topic,
            last_activity=isoformat(thread.active_at),
            timeout_minutes=timeout_minutes,
            closed_at=isoformat(thread.closed_at) if thread.closed_at else None,
            thread=thread_row(thread),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadArchived(ThreadEvent):
    """A thread was put away; a ``thread.state`` goes before."""

    type: ClassVar[str] = "thread.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadUnarchived(ThreadEvent):
    """A thread came back to the status it was archived from; a ``thread.state`` goes before."""

    type: ClassVar[str] = "thread.unarchived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadUpdated(ThreadEvent):
    """A thread has another topic or other metadata."""

    type: ClassVar[str] = "thread.updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDeleted(EventBody):
    """A thread is gone, with everything in it."""

    type: ClassVar[str] = "thread.deleted"
    thread_id: str
    topic: str
    message_count: int

    @property
    def subject(self) -> str | None:
        """None: this event outlives the thread and those of the thread."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSettingsChanged(EventBody):
    """The settings of a thread changed."""

    type: ClassVar[str] = "thread.settings"
    thread_id: str
    settings: Row
    thread: Row

    @classmethod
    def of(cls, thread: Thread) -> ThreadSettingsChanged:
        return cls(thread_id=thread.id, settings=settings_row(thread.settings), thread=thread_row(thread))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAdminChanged(EventBody):
    """A thread has another administrator, or none (all fields null)."""

    type: ClassVar[str] = "thread.admin"
    thread_id: str
    admin_id: str | None
    admin_name: str | None
    admin_type: str | None
    thread: Row

    @classmethod
    def of(cls, thread: Thread) -> ThreadAdminChanged:
        settings = thread.settings
        admin = settings.administrator
        kind = "auto_assigned" if settings.auto_assigned_admin else "creator"
        return cls(
            thread_id=thread.id,
            admin_id=admin.agent_id if admin else None,
            admin_name=admin.name if admin else None,
            admin_type=kind if admin else None,
            thread=thread_row(thread),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadJoined(EventBody):
    """Somebody takes part in a thread who did not before; `agent_id` is null for people."""

    type: ClassVar[str] = "thread.joined"
    thread_id: str
    agent_id: str | None
    participant: Row
    thread: Row

    @classmethod
    def of(cls, thread: Thread, participant: Participant, face: Face | None) -> ThreadJoined:
        return cls(
            thread_id=thread.id,
            agent_id=participant.agent_id,
            participant=participant_row(participant, face),
            thread=thread_row(thread),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRead(EventBody):
    """A person has read a thread up to a seq; for agents see ``wait.ended``."""

    type: ClassVar[str] = "thread.read"
    thread_id: str
    reader: str
    read_seq: int


def of_status(thread: Thread, before: ThreadStatus) -> list[EventBody]:
    """Return the events of a change of status, in the order in which clients see them."""
    state: EventBody = ThreadStateChanged.of(thread)
    if thread.status is ThreadStatus.ARCHIVED:
        return [state, ThreadArchived.of(thread)]
    if before is ThreadStatus.ARCHIVED:
        return [state, ThreadUnarchived.of(thread)]
    return [state]
