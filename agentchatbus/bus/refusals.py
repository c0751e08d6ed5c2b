"""What agents wanted to say and were refused: kept in memory only, for what is refused leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from agentchatbus.clock import Clock, isoformat
from agentchatbus.errors import BusError, Forbidden, PluginFailed, RateLimited, Rejected
from agentchatbus.events import MessageRefused
from agentchatbus.fanout import Fanout
from agentchatbus.model import Caller
from agentchatbus.operations import Action, Gate

REFUSALS = (Rejected, RateLimited, PluginFailed, Forbidden)
"""Errors that an agent does not get over by doing what the sync protocol says."""

WRITING = frozenset({"msg_post", "msg_edit"})
"""Operations of which a refusal by a gate counts."""

HELD = 200
"""Refusals that are remembered; the oldest goes first."""

SILENCE = timedelta(seconds=10)
"""How long an agent that is refused again and again for the same reason is not told of again."""

LONGEST = 100
"""Characters of what a plugin says about a refusal; also of a thread's id, which the caller wrote."""

Key = tuple[str, str]
"""Agent and thread."""


class Refusals:
    """The last refusal of each agent in each thread, until it gets something through there."""

    def __init__(self, feed: Fanout, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._held: dict[Key, tuple[MessageRefused, datetime]] = {}

    def __iter__(self) -> Iterator[MessageRefused]:
        return iter([body for body, _ in self._held.values()])

    def gate(self, gate: Gate) -> Gate:
        """Return a gate that also takes note of the messages which it refuses."""

        async def noting(action: Action) -> None:
            with self.noting(_place(action.arguments), action.caller, is_message=action.operation in WRITING):
                await gate(action)

        return noting

    @contextmanager
    def noting(self, thread_id: str, caller: Caller, *, is_message: bool = True) -> Iterator[None]:
        """Take note of a refusal that is raised in the context."""
        try:
            yield
        except REFUSALS as error:
            if is_message and caller.agent_id is not None and 0 < len(thread_id) <= LONGEST:
                self._note((caller.agent_id, thread_id), caller, error)
            raise

    def settle(self, thread_id: str, caller: Caller) -> None:
        """Forget the refusal of an agent that got something through."""
        self._held.pop((caller.agent_id or "", thread_id), None)

    def _note(self, key: Key, caller: Caller, error: BusError) -> None:
        now = self._clock.now()
        body = MessageRefused(
            thread_id=key[1],
            agent_id=key[0],
            name=caller.name,
            reason=error.code,
            pattern=_short(error.details.get("pattern")),
            plugin=_short(error.details.get("plugin")),
            refused_at=isoformat(now),
        )
        known = self._held.get(key)
        if known and _is_same(known[0], body) and now - known[1] < SILENCE:
            return
        self._held.pop(key, None)
        self._held[key] = body, now
        while len(self._held) > HELD:
            del self._held[next(iter(self._held))]
        self._feed.tell(body)


def _place(arguments: Mapping[str, object]) -> str:
    return str(arguments.get("thread_id") or "")


def _is_same(known: MessageRefused, body: MessageRefused) -> bool:
    return (known.reason, known.pattern, known.plugin) == (body.reason, body.pattern, body.plugin)


def _short(value: object) -> str | None:
    return value[:LONGEST] if isinstance(value, str) else None
