"""Who asks, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from agentchatbus.model.agents import Face

HUMAN = "human"
"""The author of what people write without a name of their own; no agent can take it."""

SYSTEM = "system"
"""The author of what the bus itself writes; nobody else can take it."""

RESERVED_NAMES = frozenset({HUMAN, SYSTEM})


class CallerKind(StrEnum):
    """Which scope a caller has."""

    AGENT = "agent"
    HUMAN = "human"
    OPERATOR = "operator"
    GUEST = "guest"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: proven by a token, or what the way in grants without one.

    Attributes:
        kind: The scope.
        agent_id: Set for agents only.
        name: The agent's name, or the free name of somebody else.
        display_name: The agent's alias.
        emoji: The emoji that the agent chose for itself.
        transport: The way in, for example ``mcp-http``.
        address: The peer's address, where there is one.
    """

    kind: CallerKind
    agent_id: str | None = None
    name: str = ""
    display_name: str = ""
    emoji: str | None = None
    transport: str = "local"
    address: str | None = None

    @property
    def is_agent(self) -> bool:
        return self.kind is CallerKind.AGENT

    @property
    def face(self) -> Face | None:
        """How an agent is shown; None for anybody else."""
        return Face(self.display_name or self.name, self.emoji) if self.is_agent else None

    @property
    def sees_human_only(self) -> bool:
        """Whether content for humans may be shown to this caller."""
        return self.kind in (CallerKind.HUMAN, CallerKind.OPERATOR, CallerKind.SYSTEM)

    @property
    def seat(self) -> str:
        """Under which key this caller takes part in threads: all people of this machine are one; a guest has none."""
        if self.agent_id is not None:
            return self.agent_id
        return self.name or (HUMAN if self.sees_human_only else "")

    @property
    def key(self) -> str:
        """A stable name for counting and for idempotency: the agent, else kind and name."""
        return f"agent:{self.agent_id}" if self.agent_id else f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a way in knows about a request, before anybody decided who calls.

    Attributes:
        token: An agent's token, or None.
        agent_id: The id the caller claims, or None; a claim without a token proves nothing.
        operator_token: The operator's token, or None.
        reply_token: A reply token of the call; one that was issued to an agent proves that agent.
        grants: The kind a caller without a token has on this way in.
        name: A free name to go with `grants`.
        transport: The way in.
        address: The peer's address.
    """

    token: str | None = field(default=None, repr=False)
    agent_id: str | None = None
    operator_token: str | None = field(default=None, repr=False)
    reply_token: str | None = field(default=None, repr=False)
    grants: CallerKind = CallerKind.GUEST
    name: str = ""
    transport: str = "local"
    address: str | None = None
