"""What clients can ask: each operation is described once, and every transport renders it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field

from agentchatbus.errors import BusError, ConfigError, Internal, InvalidRequest, NotFound, Unauthenticated
from agentchatbus.model import ACCESS_PREFIX, Caller, Credentials, Metadata, Session, freeze
from agentchatbus.ports.client import NO_CLIENT, Client
from agentchatbus.validation import validated

logger = logging.getLogger(__name__)


class Params(BaseModel):
    """Base of parameter models: unknown arguments are ignored, as clients of the contract expect."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CredentialParams(Params):
    """Parameters of an operation whose caller may prove itself by arguments."""

    agent_id: str | None = Field(None, description="Your agent id.")
    token: str | None = Field(None, description="Your agent token.", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of one operation.

    Attributes:
        caller: Who asks.
        credentials: What proved it.
        explicit: Whether the proof came with this call, not from an earlier one of the session.
        session: The client's session, which may outlive the call.
        idempotency_key: A repeat with the same key gets the first answer.
        client: Who can be told how far the call is, and asked; only while an `interactive` operation runs.
    """

    caller: Caller
    credentials: Credentials
    explicit: bool
    session: Session
    idempotency_key: str | None = None
    client: Client = NO_CLIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What ``check_action`` is asked about.

    Attributes:
        operation: Its name.
        caller: Who asks.
        arguments: The validated arguments, without credentials.
        read_only: Whether the operation changes nothing.
    """

    operation: str
    caller: Caller
    arguments: Metadata
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an operation lies over HTTP; names in braces in `path` are parameters of the operation.

    `max_body_bytes` bounds the body of a request; None leaves that to the configuration.
    """

    method: str
    path: str
    status: int = 200
    max_body_bytes: int | None = None


P = TypeVar("P", bound=BaseModel)
MethodT = TypeVar("MethodT", bound=Callable[..., Any])
_MARK = "__agentchatbus_operation__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[P]):
    """One thing that clients can ask.

    Attributes:
        name: ``noun_verb``; the MCP tool has this name.
        summary: What it does, for agents and people, in a few sentences.
        params: The model that validates the arguments.
        result: The type of the handler's result, any that pydantic can describe.
        handler: Does it.
        route: Where it lies over HTTP; None keeps it off.
        read_only: Changes nothing.
        idempotent: A repeat has no further effect.
        destructive: May remove something.
        takes_key: Whether a repeat with the same idempotency key gets the first answer.
        tool: Whether agents are offered it as a tool.
        gated: Whether ``check_action`` is asked; not for what mends a gate that refuses everything.
        blocks: Whether it may wait long for something to happen; a caller that goes away ends it.
        interactive: Whether it tells or asks its `Call.client` anything; one that blocks may, too.
    """

    name: str
    summary: str
    params: type[P]
    result: Any
    handler: Callable[[P, Call], Awaitable[Any]]
    route: Route | None = None
    read_only: bool = False
    idempotent: bool = False
    destructive: bool = False
    takes_key: bool = False
    tool: bool = True
    gated: bool = True
    blocks: bool = False
    interactive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    route: Route | None
    flags: Mapping[str, bool]


def operation(*, route: Route | None = None, **flags: bool) -> Callable[[MethodT], MethodT]:
    """Mark a method ``async def name(self, params, call)`` as an operation of that name.

    Its first parameter's annotation is the parameter model, its return annotation the result, its
    docstring the summary.

    Args:
        route: Where it lies over HTTP.
        flags: Those of `Operation`, such as ``read_only``.
    """

    def mark(method: MethodT) -> MethodT:
        setattr(method, _MARK, _Facts(route=route, flags=flags))
        return method

    return mark


def operations_of(holder: object) -> list[Operation[Any]]:
    """Return the operations that an object's methods are marked as, in the order in which they are written."""
    marked = [(name, getattr(method, _MARK)) for name, method in vars(type(holder)).items() if hasattr(method, _MARK)]
    return [_describe(getattr(holder, name), name, facts) for name, facts in marked]


def _describe(handler: Any, name: str, facts: _Facts) -> Operation[Any]:
    hints = get_type_hints(handler)
    result = hints.pop("return", None)
    params = next(iter(hints.values()))
    summary = " ".join((inspect.getdoc(handler) or name).split())
    return Operation(
        name=name, summary=summary, params=params, result=result, handler=handler, route=facts.route, **facts.flags
    )


class Identify(Protocol):
    """Says who calls."""

    async def __call__(self, credentials: Credentials) -> Caller: ...


class Gate(Protocol):
    """Refuses an action by raising a `BusError`."""

    async def __call__(self, action: Action) -> None: ...


@dataclass(slots=True)
class Operations:
    """All operations of one bus: validate, identify, gate, handle."""

    identify: Identify
    gate: Gate
    _table: dict[str, Operation[Any]] = field(default_factory=dict)

    def add(self, operation: Operation[Any]) -> None:
        """Offer one more operation.

        Raises:
            ConfigError: There is one of that name already.
        """
        if operation.name in self._table:
            raise ConfigError(f"Two plugins offer an operation named {operation.name!r}; disable one of them.")
        self._table[operation.name] = operation

    def get(self, name: str) -> Operation[Any]:
        """Return the operation.

        Raises:
            NotFound: There is none of that name.
        """
        try:
            return self._table[name]
        except KeyError:
            raise NotFound(f"Unknown operation: {name}", kind="operation", id=name) from None

    def __iter__(self) -> Iterator[Operation[Any]]:
        return iter(self._table.values())

    def __contains__(self, name: str) -> bool:
        return name in self._table

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        session: Session,
        *,
        idempotency_key: str | None = None,
        client: Client = NO_CLIENT,
    ) -> Any:
        """Do what a client asks.

        Args:
            name: The operation.
            arguments: Not yet validated.
            session: Who the client is, as far as its way in knows.
            idempotency_key: Makes a repeat return the first answer.
            client: Whom the operation may tell and ask things while it runs.

        Raises:
            BusError: It was not done; every other failure arrives as `Internal`.
        """
        operation = self.get(name)
        try:
            params = validated(operation.params, arguments)
            credentials, explicit = _credentials(params, session)
            caller = await self._identify(credentials, session, getattr(params, "author", ""), explicit=explicit)
            if operation.gated:
                await self.gate(_action(operation, caller, params))
            call = Call(
                caller=caller,
                credentials=credentials,
                explicit=explicit,
                session=session,
                idempotency_key=idempotency_key,
                client=client,
            )
            return await operation.handler(params, call)
        except BusError:
            raise
        except RecursionError:
            raise InvalidRequest("The arguments are nested too deeply.") from None
        except Exception as error:
            logger.exception("Operation %s failed", name)
            raise Internal("The bus failed to do this; its log says why.") from error

    async def _identify(self, credentials: Credentials, session: Session, author: str, *, explicit: bool) -> Caller:
        """Return who calls; a session forgets a token that is worth nothing any more."""
        if explicit or session.remembered is None:
            return await self.identify(credentials)
        try:
            return await self._author(credentials, author) or await self.identify(credentials)
        except Unauthenticated:
            session.remembered = None
            return await self.identify(session.credentials)

    async def _author(self, credentials: Credentials, author: str) -> Caller | None:
        """Return another agent than the remembered one, if the call names it and its reply token proves it.

        Several agents may share a connection, which remembers the last of them only.
        """
        if credentials.reply_token is None or author in ("", credentials.agent_id):
            return None
        with suppress(Unauthenticated):
            holder = await self.identify(replace(credentials, agent_id=None, token=None))
            return holder if holder.is_agent and author in (holder.agent_id, holder.name) else None
        return None


def _credentials(params: BaseModel, session: Session) -> tuple[Credentials, bool]:
    """Return the proof to use and whether it is the call's own: arguments, else an agent's header, else the session's
    memory, else the header that only let the client in."""
    known = session.credentials
    if reply_token := getattr(params, "reply_token", None):
        known = replace(known, reply_token=reply_token)
    if isinstance(params, CredentialParams) and (params.token is not None or params.agent_id is not None):
        return replace(known, token=params.token, agent_id=params.agent_id), True
    is_agents = known.token is not None and not known.token.startswith(ACCESS_PREFIX)
    if is_agents or session.remembered is None:
        return known, known.token is not None
    agent_id, token = session.remembered
    return replace(known, agent_id=agent_id, token=token), False


def _action(operation: Operation[Any], caller: Caller, params: BaseModel) -> Action:
    shown: Metadata = freeze(params.model_dump(exclude={"token", "reply_token"}, exclude_none=True))
    return Action(operation=operation.name, caller=caller, arguments=shown, read_only=operation.read_only)
