"""One operation behind one route: arguments in, answer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from agentchatbus.plugin_api import (
    Bus,
    BusSettings,
    CallerKind,
    CredentialParams,
    Credentials,
    InvalidRequest,
    NotFound,
    Operation,
    Operations,
    Route,
    Session,
    Unauthenticated,
)
from agentchatbus_rest.attention import WhileHere
from agentchatbus_rest.http import Answer, Inbound, encode
from agentchatbus_rest.paths import variables
from agentchatbus_rest.presenters import Arguments, Presenter
from agentchatbus_rest.rendering import Rendering

TRANSPORT = "rest"
SECRETS = frozenset({"operator_token", "reply_token", "token"})
"""Parameters that are never read from a query string: addresses end up in logs and histories."""

WITH_BODY = frozenset({"PATCH", "POST", "PUT"})


def session_of(inbound: Inbound, settings: BusSettings) -> Session:
    """Return what a request's headers say of its sender; over REST a session lasts for one request."""
    credentials = Credentials(
        token=inbound.token,
        operator_token=inbound.header(b"x-admin-token"),
        grants=CallerKind.HUMAN if settings.is_open else CallerKind.GUEST,
        transport=TRANSPORT,
        address=inbound.address,
    )
    return Session(credentials=credentials, fills_sync=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all endpoints share."""

    bus: Bus
    operations: Operations
    rendering: Rendering


class Endpoint:
    """Handles the requests for one operation."""

    def __init__(self, desk: Desk, operation: Operation[Any], route: Route, presenter: Presenter) -> None:
        self.operation = operation
        self.route = route
        self.presenter = presenter
        self._desk = desk
        self._takes_body = route.method in WITH_BODY
        self._names_in_path = frozenset(variables(route.path))
        self._takes_claim = issubclass(operation.params, CredentialParams)
        self._lists = frozenset(
            name for name, info in operation.params.model_fields.items() if _is_list(info.annotation)
        )

    async def __call__(self, inbound: Inbound) -> Answer:
        """Do what the request asks."""
        arguments: Arguments = {}
        try:
            arguments = await self._arguments(inbound)
            result = await self._result(arguments, inbound)
        except InvalidRequest as error:
            raise self._located(error) from None
        except Unauthenticated as error:
            raise await self._explained(error, arguments, inbound) from None
        presenter = self.presenter
        status = presenter.status(result) if presenter.status else self.route.status
        document = await presenter.present(self._desk.rendering, result)
        return document if isinstance(document, Answer) else Answer(status, encode(document))

    async def _result(self, arguments: Arguments, inbound: Inbound) -> Any:
        self._adapt(arguments, inbound)
        name, call = self.operation.name, self._desk.operations.call
        session = session_of(inbound, self._desk.bus.settings)
        key = inbound.header(b"idempotency-key") if self.operation.takes_key else None
        if not self.operation.idempotent:
            return await call(name, arguments, session, idempotency_key=key)
        # Only what may be repeated is given up when the client goes: half of anything else might be done.
        async with WhileHere(inbound.receive):
            return await call(name, arguments, session, idempotency_key=key)

    async def _arguments(self, inbound: Inbound) -> Arguments:
        """Merge what was given: the path wins over body or query, and these over the defaults."""
        given = await inbound.document() if self._takes_body else self._from_query(inbound.query())
        for wire_name, name in self.presenter.renamed.items():
            if wire_name in given:
                given[name] = given.pop(wire_name)
        return {**self.presenter.defaults, **given, **inbound.variables}

    def _from_query(self, query: Mapping[str, list[str]]) -> Arguments:
        return {
            name: values if name in self._lists else values[-1] for name, values in query.items() if name not in SECRETS
        }

    def _adapt(self, arguments: Arguments, inbound: Inbound) -> None:
        if self.presenter.adapt is not None:
            self.presenter.adapt(arguments, inbound)
        if self._takes_claim and arguments.get("agent_id") is not None and arguments.get("token") is None:
            arguments["token"] = inbound.token

    def _located(self, error: InvalidRequest) -> InvalidRequest:
        """Say of each problem where in the request it lies, in the request's own names."""
        problems = error.details.get("errors")
        if problems is not None:
            wire_names = {name: wire_name for wire_name, name in self.presenter.renamed.items()}
            error.details["errors"] = [
                {**problem, "loc": self._place(problem["loc"], wire_names)} for problem in problems
            ]
        return error

    def _place(self, loc: tuple[Any, ...], wire_names: Mapping[str, str]) -> tuple[Any, ...]:
        if loc and loc[0] in self._names_in_path:
            return ("path", *loc)
        first = (wire_names.get(loc[0], loc[0]),) if loc else ()
        return ("body" if self._takes_body else "query", *first, *loc[1:])

    async def _explained(self, error: Unauthenticated, arguments: Arguments, inbound: Inbound) -> Unauthenticated:
        """Say which half of a proof is wrong when the token came in a header and so stands apart from the id."""
        if error.details.get("reason") != "wrong" or arguments.get("token") not in (None, inbound.token):
            return error
        claimed = arguments.get("agent_id")
        if claimed is None or await self._is_registered(claimed):
            return Unauthenticated("Invalid agent token", **error.details)
        name = next((wire for wire, name in self.presenter.renamed.items() if name == "agent_id"), "agent_id")
        return Unauthenticated(f"{name} must be a registered agent", **error.details)

    async def _is_registered(self, agent_id: str) -> bool:
        try:
            await self._desk.bus.agents.get(agent_id)
        except NotFound:
            return False
        return True


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(_is_list(option) for option in get_args(annotation))
    return annotation is list or get_origin(annotation) is list
