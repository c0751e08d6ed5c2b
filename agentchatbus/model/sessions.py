"""What a way in remembers of a client between its calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentchatbus.model.callers import Credentials


@dataclass(slots=True, kw_only=True)
class Session:
    """What a way in knows of one client, for as long as that client stays.

    A connection proves nothing by itself: it only remembers the token its client has shown last.

    Attributes:
        credentials: What came with the request or the connection itself, such as a header.
        language: The language the client prefers, or None.
        fills_sync: Whether a post without sync fields is completed by the bus instead of refused.
        remembered: Agent id and token shown last, for calls that carry none.
    """

    credentials: Credentials
    language: str | None = None
    fills_sync: bool = False
    remembered: tuple[str, str] | None = field(default=None, repr=False)

    def remember(self, agent_id: str, token: str) -> None:
        """Use this agent's token for later calls of the same client that carry none."""
        self.remembered = (agent_id, token)
