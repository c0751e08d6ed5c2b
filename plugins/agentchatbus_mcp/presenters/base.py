"""What a presenter is: how one operation looks to MCP clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from agentchatbus.plugin_api import Agent, AgentState, Bus, BusError, BusSettings, SyncContext
from agentchatbus_mcp.schemas import Schema

Block = dict[str, Any]
"""A content block of a tool result."""

Shape = Mapping[str, Any]
"""A JSON object as clients get it."""

NEVER = "9999-12-31T23:59:59+00:00"
"""When reply tokens expire."""


class Options(BaseModel):
    """Base of arguments that change only how a result looks."""

    model_config = ConfigDict(extra="ignore", frozen=True)


NO_OPTIONS = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a presenter may look at besides the result.

    Attributes:
        bus: For settings, the clock and the system prompt.
        arguments: As the client gave them.
        options: The presenter's own arguments.
    """

    bus: Bus
    arguments: Mapping[str, Any]
    options: Options = NO_OPTIONS

    @property
    def settings(self) -> BusSettings:
        return self.bus.settings

    def is_online(self, agent: Agent) -> bool:
        """Return whether the agent is here now; one that works in silence is."""
        window, working = self.settings.heartbeat_window, self.settings.working_window
        return agent.state(self.bus.clock.now(), window, working) is not AgentState.OFFLINE

    def text(self, name: str) -> str:
        """Return an argument as text, empty when it was not given."""
        return str(self.arguments.get(name) or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A result for the wire; without `content` the text is the structured object as compact JSON.

    Attributes:
        structured: What programs read; None when there is nothing for them.
        content: What models read.
    """

    structured: Shape | None
    content: Sequence[Block] | None = None


def no_literals(_error: BusError, _view: View) -> Shape | None:
    """Leave every refusal to the table that holds for the whole bus."""
    return None


def unchanged(schema: Schema, _settings: BusSettings) -> Schema:
    """Offer every argument of the operation."""
    return schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenter:
    """How one operation looks to MCP clients.

    Attributes:
        shape: Type of the structured result.
        present: Turns the operation's result into the answer.
        refuse: Says what a refusal looks like here, or None for the form that it has everywhere.
        inputs: Changes the advertised input schema by the bus's settings.
        options: Arguments besides those of the operation.
    """

    shape: Any
    present: Callable[[Any, View], Answer | Awaitable[Answer]]
    refuse: Callable[[BusError, View], Shape | None] = no_literals
    inputs: Callable[[Schema, BusSettings], Schema] = unchanged
    options: type[Options] = Options


def compact(value: Any) -> str:
    """Return a JSON value as text without blanks."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # somebody's metadata may hold an integer of more than 64 bits
        return json.dumps(value, separators=(",", ":"))


def text_block(text: str) -> Block:
    """Return a block of text."""
    return {"type": "text", "text": text}


def list_answer(name: str, items: Sequence[Shape]) -> Answer:
    """Answer with an array: bare in the text, under `name` in the structured object."""
    return Answer(structured={name: items}, content=[text_block(compact(items))])


def sync_fields(sync: SyncContext) -> dict[str, Any]:
    """Return what a client needs for its next post."""
    return {
        "current_seq": sync.current_seq,
        "reply_token": sync.reply_token,
        "reply_window": {"expires_at": NEVER, "max_new_messages": sync.max_new_messages},
    }


def without_disabled(schema: Schema, settings: BusSettings, flags: Mapping[str, str]) -> Schema:
    """Return the schema without the arguments whose setting is off; they are taken all the same."""
    off = {name for name, flag in flags.items() if not getattr(settings, flag)}
    return {**schema, "properties": {name: item for name, item in schema["properties"].items() if name not in off}}
