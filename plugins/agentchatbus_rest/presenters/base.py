"""What a presenter is, and what those of all nouns share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agentchatbus.plugin_api import Bus, Route, SyncContext, isoformat
from agentchatbus_rest.faces import Face, Faces
from agentchatbus_rest.http import Inbound
from agentchatbus_rest.shapes import common

Arguments = dict[str, Any]

NEVER = "9999-12-31T23:59:59+00:00"
"""When reply tokens expire: they end by being used."""

TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What an answer may show besides the result.

    Attributes:
        bus: For settings, the clock and who waits.
        faces: How agents look.
        arguments: What the operation was given.
    """

    bus: Bus
    faces: Faces
    arguments: Arguments = field(default_factory=dict)

    def says(self, name: str, *, default: bool) -> bool:
        """Return whether a switch of the request is on."""
        value = self.arguments.get(name)
        return default if value is None else str(value).lower() in TRUE


async def as_it_is(result: Any, _view: View) -> Any:
    """Leave it to the encoder, for operations without a shape of their own."""
    return result


async def ok(_result: Any, _view: View) -> common.Ok:
    return {"ok": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenter:
    """The REST form of one operation.

    Attributes:
        present: Turns the result into JSON values.
        answer: The type of what `present` returns, for the OpenAPI page; None takes the operation's own.
        status: The status for a result; None takes the one of the route.
        adapt: Changes the arguments before the call; may refuse them.
        renamed: Parameters that have another name here, by that name.
        defaults: Values of parameters that the client need not give here.
        bad_proof: What is said when agent id and token do not belong together; None leaves the words of all routes.
        no_agent: What is said when the agent that the path names does not exist; None leaves the words of all routes.
        required: Parameters that the client has to give here, although the operation can do without.
        hidden: Parameters that come another way, such as a header, and are not shown.
        extra: JSON schemas of parameters that only `adapt` or `present` know, or that mean something else here.
        also: Further places of the operation.
        request_example: A body for the OpenAPI page.
        answer_example: An answer for the OpenAPI page.
    """

    present: Callable[[Any, View], Awaitable[Any]] = as_it_is
    answer: Any = None
    status: Callable[[Any], int] | None = None
    adapt: Callable[[Arguments, Inbound], None] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    bad_proof: str | None = None
    no_agent: str | None = None
    required: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    also: tuple[Route, ...] = ()
    request_example: Any = None
    answer_example: Any = None


CREDENTIALS = frozenset({"agent_id", "token"})
AGENT_ID = "9d78c2f1-3a56-4f0e-9b1e-0a2f6f1f7c11"
MESSAGE_ID = "066d5a0e-8f0c-4a2b-bb0a-5d1c7d0c9a52"
THREAD_ID = "0127b1f0-54a7-4c39-9d5e-2b8f8a1c6e90"
MOMENT = "2026-11-22T10:49:44.207130+00:00"
SYNC_EXAMPLE = {
    "current_seq": 0,
    "reply_token": "tYVGn0Wm3pQx5sK1vB7cZ2dR8fHjL4aE",
    "reply_window": {"expires_at": NEVER, "max_new_messages": 0},
}


def sync_fields(sync: SyncContext) -> common.Sync:
    """Return what a client needs for its next post."""
    return {
        "reply_token": sync.reply_token,
        "current_seq": sync.current_seq,
        "reply_window": {"expires_at": NEVER, "max_new_messages": sync.max_new_messages},
    }


def moment(value: datetime | None) -> str | None:
    """Return a time as text, or None."""
    return isoformat(value) if value is not None else None


def name_of(face: Face | None, otherwise: str) -> str:
    """Return the display name of an agent, or another one when the agent is gone."""
    return face.name if face is not None else otherwise
