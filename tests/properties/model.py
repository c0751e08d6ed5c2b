"""What a bus ought to hold, as simply as can be."""

from __future__ import annotations

from dataclasses import dataclass, field

OPEN = frozenset({"discuss", "implement", "review", "done"})


@dataclass
class ModelMessage:
    """A message."""

    id: str
    content: str
    author: str | None
    versions: int = 0
    reactions: set[str] = field(default_factory=set)


@dataclass
class ModelThread:
    """A thread; `messages` are in the order of their seqs."""

    id: str
    topic: str
    status: str = "discuss"
    archived_from: str | None = None
    messages: list[ModelMessage] = field(default_factory=list)
    members: set[str] = field(default_factory=set)

    @property
    def last_seq(self) -> int:
        return len(self.messages)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def join(self, who: str) -> list[str]:
        """Let somebody take part, and return the events that tell of it."""
        is_new = who not in self.members
        self.members.add(who)
        return ["thread.joined"] if is_new else []

    def move(self, status: str) -> list[str]:
        """Take another status, and return the events that tell of it."""
        before = self.status
        if status == before:
            return []
        self.archived_from = before if status == "archived" else None
        self.status = status
        if status == "archived":
            return ["thread.state", "thread.archived"]
        return ["thread.state", "thread.unarchived"] if before == "archived" else ["thread.state"]


@dataclass
class ModelAgent:
    """An agent, what it has read, and its reply tokens, the newest last, by thread."""

    id: str
    token: str
    read: dict[str, int] = field(default_factory=dict)
    open: dict[str, list[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    must_refresh: set[str] = field(default_factory=set)

    @property
    def proof(self) -> dict[str, str]:
        return {"agent_id": self.id, "token": self.token}

    def take(self, thread_id: str, token: str) -> None:
        """Remember one more token."""
        self.open.setdefault(thread_id, []).append(token)

    def drop(self, thread_id: str, keep: str | None = None) -> None:
        """Take every token of a thread for used, but one."""
        tokens = self.open.pop(thread_id, [])
        self.used.update(token for token in tokens if token != keep)
        if keep in tokens:
            self.take(thread_id, str(keep))
