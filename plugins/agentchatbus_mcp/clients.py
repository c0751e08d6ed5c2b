"""The client of one call, as operations tell and ask it things, in both protocol eras.

Through 2025-11-25 a question is a request of the server on the stream of the call. From 2026-07-28 on the call ends
with the questions, and the client makes it again with the answers; what it answered earlier comes back with the
request's state, which the SDK seals.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import mcp_types as types
import orjson
from mcp.server.connection import allowed_log_levels
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ValidationError

from agentchatbus.plugin_api import Ability, BusError, LogLevel, Question, Unsupported
from agentchatbus_mcp.questions import CAPABILITIES, Answer, answer_of, request_of, result_type
from agentchatbus_mcp.sdk import Context, connection_of

LEVELS: tuple[LogLevel, ...] = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
LEVEL_KEY = "agentchatbus.log_level"
DEFAULT_LEVEL: LogLevel = "info"


class InputNeeded(BusError):
    """The call ends here and is made again with answers. No refusal: it must reach the protocol as it is."""

    code = "input_needed"

    def __init__(self, requests: Mapping[str, Any], answered: Mapping[str, Any]) -> None:
        super().__init__("The client has to answer first.")
        self.requests = requests
        self.answered = answered

    def result(self) -> dict[str, Any]:
        """Return it as a result of the protocol."""
        state = orjson.dumps(self.answered).decode()
        return {"resultType": "input_required", "inputRequests": dict(self.requests), "requestState": state}


class AbilityMissing(Unsupported):
    """A stateless client lacks a capability, which is an error of the protocol there."""

    def protocol_error(self) -> MCPError:
        """Return it as an error of the protocol."""
        required: dict[str, Any] = {CAPABILITIES[need]: {} for need in self.details["needs"]}
        return MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, self.message, {"requiredCapabilities": required})


INTERRUPTIONS = (InputNeeded, AbilityMissing)
"""What ends a call otherwise than with a result."""


class Retried(Protocol):
    """Parameters of a request that may be one more attempt, with answers."""

    @property
    def input_responses(self) -> Any: ...

    @property
    def request_state(self) -> str | None: ...


class McpClient:
    """Implements the client port for one request."""

    def __init__(self, context: Context, params: Retried) -> None:
        self._context = context
        self._is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        self._answered: dict[str, Any] = orjson.loads(params.request_state or "{}")
        self._given: Mapping[str, Any] = (context.params or {}).get("inputResponses") or {}

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the client has declared."""
        declared = self._context.session.client_capabilities
        if declared is None or not (self._is_modern or self._context.session.can_send_request):
            return frozenset()
        return frozenset(item for item, name in CAPABILITIES.items() if getattr(declared, name) is not None)

    @property
    def wants_progress(self) -> bool:
        return "progress_token" in (self._context.meta or {})

    async def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        await self._context.session.report_progress(done, total, message)

    async def log(self, level: LogLevel, data: Any, source: str | None = None) -> None:
        if level not in self._wanted_levels():
            return
        params = types.LoggingMessageNotificationParams(level=level, data=data, logger=source)
        await self._context.session.send_notification(
            types.LoggingMessageNotification(params=params), related_request_id=self._context.request_id
        )

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, Answer]:
        self._require({question.needs for question in questions.values()})
        if self._is_modern:
            return self._answers(questions)
        found = await asyncio.gather(*(self._request(question) for question in questions.values()))
        return dict(zip(questions, found, strict=True))

    def _wanted_levels(self) -> frozenset[LogLevel]:
        if self._is_modern:
            return allowed_log_levels(self._context.protocol_version, self._context.meta)
        wanted = connection_of(self._context).state.get(LEVEL_KEY, DEFAULT_LEVEL)
        return frozenset(LEVELS[LEVELS.index(wanted) :])

    def _require(self, needs: set[Ability]) -> None:
        if missing := sorted(needs - self.abilities):
            names = ", ".join(CAPABILITIES[need] for need in missing)
            kind = AbilityMissing if self._is_modern else Unsupported
            raise kind(f"This needs a client with: {names}.", needs=missing)

    def _answers(self, questions: Mapping[str, Question]) -> Mapping[str, Answer]:
        """Return the answers that came with this attempt or an earlier one, or end it with the questions."""
        known = {**self._given, **self._answered}
        found: dict[str, Answer] = {}
        for name, question in questions.items():
            if (answer := _read(question, known.get(name))) is not None:
                found[name] = answer
                self._answered[name] = known[name]
        if open_ones := {name: request_of(item) for name, item in questions.items() if name not in found}:
            raise InputNeeded({name: _wire(request) for name, request in open_ones.items()}, self._answered)
        return found

    async def _request(self, question: Question) -> Answer:
        metadata = ServerMessageMetadata(related_request_id=self._context.request_id)
        try:
            result = await self._context.session.send_request(
                request_of(question), result_type(question), metadata=metadata
            )
        except (MCPError, ValidationError) as error:
            raise Unsupported(f"The client did not answer: {error}", needs=[question.needs]) from error
        return answer_of(result)


def set_level(context: Context, level: LogLevel) -> None:
    """Send this client of the handshake era nothing below the level from now on."""
    connection_of(context).state[LEVEL_KEY] = level


def _read(question: Question, given: Any) -> Answer | None:
    """Return an answer, or None when there is none of the kind that the question needs."""
    try:
        return answer_of(result_type(question).model_validate(given, by_name=False))
    except ValidationError:
        return None


def _wire(request: BaseModel) -> dict[str, Any]:
    return {"params": {}, **request.model_dump(by_alias=True, mode="json", exclude_none=True)}
