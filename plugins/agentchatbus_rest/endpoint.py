"""One operation behind one route: arguments in, answer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from agentchatbus.plugin_api import (
    Bus,
    BusError,
    CredentialParams,
    FileResult,
    InvalidRequest,
    NotFound,
    Operation,
    Operations,
    Route,
    Unauthenticated,
    Upload,
)
from agentchatbus_rest.attention import WhileHere
from agentchatbus_rest.downloads import Download
from agentchatbus_rest.faces import Faces
from agentchatbus_rest.forms import Fields, is_form, read_form
from agentchatbus_rest.http import Answer, Inbound, Outbound, encode
from agentchatbus_rest.paths import variables
from agentchatbus_rest.presenters import Arguments, Presenter, View
from agentchatbus_rest.sessions import agent_token, session_of

SECRETS = frozenset({"operator_token", "reply_token", "token"})
"""Parameters that are never read from a query string: addresses end up in logs and histories."""

WRONG = frozenset({"incomplete", "wrong"})
"""Reasons for which a proof fails that has to do with the agent that it names."""

WITH_BODY = frozenset({"PATCH", "POST", "PUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all endpoints share."""

    bus: Bus
    operations: Operations
    faces: Faces


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
        fields = operation.params.model_fields.items()
        self._lists = frozenset(name for name, info in fields if _mentions(info.annotation, list))
        self.files = frozenset(name for name, info in fields if _mentions(info.annotation, Upload))

    async def __call__(self, inbound: Inbound) -> Outbound:
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
        view = View(bus=self._desk.bus, faces=self._desk.faces, arguments=arguments)
        document = await presenter.present(result, view)
        if isinstance(document, FileResult):
            return Download(status, document)
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
        given = await self._given(inbound)
        for wire_name, name in self.presenter.renamed.items():
            if wire_name in given:
                given[name] = given.pop(wire_name)
        return {**self.presenter.defaults, **given, **inbound.variables}

    async def _given(self, inbound: Inbound) -> Arguments:
        if not self._takes_body:
            return self._from_query(inbound.query())
        if not self.files or not is_form(inbound):
            return await inbound.document()
        # Files are large, so whoever may not send any is refused before they are read.
        await self._desk.bus.identify(session_of(inbound, self._desk.bus.settings).credentials)
        return self._from_form(await read_form(inbound))

    def _from_form(self, fields: Fields) -> Arguments:
        return {name: values if name in self._lists else values[-1] for name, values in fields.items()}

    def _from_query(self, query: Mapping[str, list[str]]) -> Arguments:
        return {
            name: values if name in self._lists else values[-1] for name, values in query.items() if name not in SECRETS
        }

    def _adapt(self, arguments: Arguments, inbound: Inbound) -> None:
        if self.presenter.adapt is not None:
            self.presenter.adapt(arguments, inbound)
        if self._takes_claim and arguments.get("agent_id") is not None and arguments.get("token") is None:
            arguments["token"] = agent_token(inbound, self._desk.bus.settings)

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

    async def _explained(self, error: Unauthenticated, arguments: Arguments, inbound: Inbound) -> BusError:
        """Say which half of a proof is wrong when the token came in a header and so stands apart from the id."""
        presenter, claimed = self.presenter, arguments.get("agent_id")
        if error.details.get("reason") not in WRONG:
            return error
        if presenter.no_agent is not None and claimed is not None and not await self._is_registered(claimed):
            return NotFound(presenter.no_agent.format(claimed), kind="agent", id=claimed)
        if presenter.bad_proof is not None:
            return Unauthenticated(presenter.bad_proof, **error.details)
        if error.details["reason"] == "incomplete" or arguments.get("token") not in (None, inbound.token):
            return error
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


def _mentions(annotation: Any, wanted: type) -> bool:
    """Return whether a value of this annotation may be of the wanted type."""
    if get_origin(annotation) in (Union, UnionType):
        return any(_mentions(option, wanted) for option in get_args(annotation))
    return annotation is wanted or get_origin(annotation) is wanted
