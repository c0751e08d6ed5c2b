"""Asking a bus: the one that runs, or else the database itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
import httpx2
from pydantic_core import to_jsonable_python

from agentchatbus.cli.targets import Target, find_target
from agentchatbus.config import Config
from agentchatbus.errors import BusError
from agentchatbus.model import CallerKind, Credentials, Session

SECONDS = 10.0
"""How long a running bus may take to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An operation, and where a running bus has it.

    Attributes:
        may_create: Whether a database that is not there yet is made to answer it.
    """

    operation: str
    method: str
    path: str
    arguments: Mapping[str, Any]
    may_create: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        value: The result as JSON values.
        source: Who gave it, in words: a bus or a database.
    """

    value: Any
    source: str


class NoDatabase(click.ClickException):
    """No bus runs, and there is no database that could be asked."""


def ask(config: Config, question: Question) -> Answer:
    """Ask the bus that holds the database or runs at the configured address; when none does, ask the database itself.

    Raises:
        click.ClickException: The answer is no, or it is not clear who is meant; the message says why.
        ConfigError: The database cannot be opened.
    """
    target = find_target(config)
    if target.address is not None:
        try:
            value = _ask_server(config, target.address, question)
            return Answer(value=value, source=f"the bus on {target.address}")
        except httpx2.ConnectError:
            pass  # nobody listens there
        except (httpx2.HTTPError, ValueError) as error:
            raise click.ClickException(f"The bus at {target.address} does not answer properly: {error}") from None
    _check_existence(target, question)
    return asyncio.run(_ask_database(config, question))


def _ask_server(config: Config, address: str, question: Question) -> Any:
    token = config.server.operator_token
    headers = {"X-Admin-Token": token} if token else {}
    body = dict(question.arguments) or None
    with httpx2.Client(base_url=address, timeout=SECONDS, trust_env=False, headers=headers) as client:
        response = client.request(question.method, question.path, json=body)
    if response.is_success:
        return response.json() if response.content else None
    raise click.ClickException(f"The bus at {address} says no: {_reason(response)}")


def _reason(response: httpx2.Response) -> str:
    try:
        detail = response.json()["detail"]
        if isinstance(detail, list):
            return "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in detail)
    except (ValueError, LookupError, TypeError):
        return f"status {response.status_code}"
    return detail if isinstance(detail, str) else str(detail)


def _check_existence(target: Target, question: Question) -> None:
    if target.state is not None and not target.state.exists and not question.may_create:
        raise NoDatabase(f"No bus runs, and there is no database {target.state.location} yet.")


async def _ask_database(config: Config, question: Question) -> Answer:
    from agentchatbus.app import open_bus

    logging.getLogger("agentchatbus").setLevel(logging.WARNING)
    proof = Credentials(operator_token=config.server.operator_token, grants=CallerKind.HUMAN, name="human")
    async with open_bus(config) as app:
        try:
            result = await app.operations.call(question.operation, question.arguments, Session(credentials=proof))
        except BusError as error:
            raise click.ClickException(error.message) from None
        return Answer(value=to_jsonable_python(result), source=f"the database {app.location}")
