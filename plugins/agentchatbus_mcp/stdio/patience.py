"""How often a request is tried again whose answer was lost."""

from __future__ import annotations

from agentchatbus_mcp.stdio.upstream import Lost

PATIENCE_SECONDS = 60.0
"""How long a request is tried again after its connection was lost."""

SETTLED_SECONDS = 5.0
"""A connection that lasted so long was a good one; patience begins anew when it is lost."""

RETRY_SECONDS = 0.05
MOST_UNEXPLAINED = 3
"""After so many losses in a row with a server that runs, the request itself is to blame."""


class Patience:
    """The losses of one request."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._unexplained = 0
        self._last: Lost

    def bear(self, lost: Lost, *, begun: float, now: float) -> None:
        """Take note of a loss of what was sent at `begun`.

        Raises:
            Lost: It has gone on for too long.
        """
        if self._since is None or now - begun > SETTLED_SECONDS:
            self._since, self._unexplained = now, 0
        self._unexplained = self._unexplained + 1 if lost.is_unexplained else 0
        self._last = lost
        if now - self._since > PATIENCE_SECONDS:
            raise lost

    def go_on(self, *, was_running: bool) -> float:
        """Return how long to wait before the next attempt, now that there is a server.

        Args:
            was_running: Whether it was there all along, so that its absence explains nothing.

        Raises:
            Lost: The server runs, and still the request is never answered.
        """
        if not was_running:
            self._unexplained = 0
        if self._unexplained >= MOST_UNEXPLAINED:
            said = f"The server runs, but this request got no answer {self._unexplained} times. {self._last}"
            raise Lost(said, may_be_done=self._last.may_be_done)
        # Longer each time: a server that is about to stop answers a moment longer.
        return float(RETRY_SECONDS * 4**self._unexplained)
