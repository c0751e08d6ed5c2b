"""Agents and those who let them in, as plugins and operations call them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from agentchatbus.model import (
    AccessToken,
    Agent,
    AgentChanges,
    AgentDraft,
    Caller,
    Scope,
)
from agentchatbus.ports.results import (
    AccessGranted,
    Connected,
    JoinRequest,
    Kicked,
    Registered,
)


class Agents(Protocol):
    """Registered agents."""

    async def register(self, draft: AgentDraft, *, key: str | None = None) -> Registered:
        """Register a new agent under a free name."""
        ...

    async def resume(self, caller: Caller) -> Agent:
        """Bring an agent back online that proved its token.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def heartbeat(self, caller: Caller) -> None:
        """Record a sign of life.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def unregister(self, caller: Caller) -> None:
        """Remove the agent and end its waits; its messages stay.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def get(self, agent_id: str) -> Agent:
        """Return the agent.

        Raises:
            NotFound: There is none.
        """
        ...

    async def all(self) -> Sequence[Agent]:
        """Return every agent by time of registration, with `is_waiting` as of now."""
        ...

    async def update(self, changes: AgentChanges, caller: Caller) -> Agent:
        """Change what the agent says of itself.

        Raises:
            Unauthenticated: The caller is no agent.
        """
        ...

    async def kick(self, agent_id: str, caller: Caller) -> Kicked:
        """End an agent's waits and take its token away.

        Raises:
            NotFound: There is no such agent.
            Forbidden: The caller is no person.
        """
        ...

    async def set_typing(self, thread_id: str, caller: Caller, *, is_typing: bool) -> None:
        """Show that the caller writes in a thread; it counts for ten seconds.

        Raises:
            NotFound: There is no such thread.
            Unauthenticated: The caller has proven nothing.
        """
        ...


class Joining(Protocol):
    """Agent and thread in one step."""

    async def connect(
        self, join: JoinRequest, caller: Caller, token: str | None, draft: AgentDraft, *, key: str | None = None
    ) -> Connected:
        """Register or resume an agent and join or create a thread, all of it or nothing.

        Args:
            join: The thread.
            caller: An agent resumes; anybody else is registered.
            token: The token that proved the agent, to be handed back.
            draft: How a new agent introduces itself.
            key: Idempotency key.
        """
        ...


class Access(Protocol):
    """Access tokens. Only people and the operator may ask."""

    async def create(
        self, name: str, scope: Scope, caller: Caller, *, valid_for: timedelta | None = None
    ) -> AccessGranted:
        """Create an access token; its secret is in this answer and nowhere else.

        Raises:
            Forbidden: The caller is no person, or asks for more than it has.
        """
        ...

    async def all(self, caller: Caller) -> Sequence[AccessToken]:
        """Return every access token by time of creation."""
        ...

    async def revoke(self, token_id: str, caller: Caller) -> None:
        """Take an access token away.

        Raises:
            NotFound: There is none of this id.
        """
        ...
