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

from agentchatbus.config import Config
from agentchatbus.errors import BusError
from agentchatbus.model import CallerKind, Credentials, Session

SECONDS = 10.0
"""How long a running bus may take to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An operation, and where a running bus has it."""

    operation: str
    method: str
    path: str
    arguments: Mapping[str, Any]


def ask(config: Config, question: Question) -> Any:
    """Ask the bus that runs at the configured address; when none answers there, open its database and ask it.

    Returns:
        The result as JSON values.

    Raises:
        click.ClickException: The answer is no; the message says why.
        ConfigError: The database cannot be opened.
    """
    try:
        return _ask_server(config, question)
    except httpx2.ConnectError:
        return asyncio.run(_ask_database(config, question))
    except (httpx2.HTTPError, ValueError) as error:
        raise click.ClickException(f"The bus at {config.server.url} does not answer properly: {error}") from None


def _ask_server(config: Config, question: Question) -> Any:
    token = config.server.operator_token
    headers = {"X-Admin-Token": token} if token else {}
    body = dict(question.arguments) or None
    with httpx2.Client(base_url=config.server.url, timeout=SECONDS, trust_env=False, headers=headers) as client:
        response = client.request(question.method, question.path, json=body)
    if response.is_success:
        return response.json() if response.content else None
    raise click.ClickException(f"The bus at {config.server.url} says no: {_reason(response)}")


def _reason(response: httpx2.Response) -> str:
    try:
        detail = response.json()["detail"]
        if isinstance(detail, list):
            return "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in detail)
    except (ValueError, LookupError, TypeError):
        return f"status {response.status_code}"
    return detail if isinstance(detail, str) else str(detail)


async def _ask_database(config: Config, question: Question) -> Any:
    from agentchatbus.app import open_bus

    logging.getLogger("agentchatbus").setLevel(logging.WARNING)
    proof = Credentials(operator_token=config.server.operator_token, grants=CallerKind.HUMAN, name="human")
    async with open_bus(config) as app:
        try:
            result = await app.operations.call(question.operation, question.arguments, Session(credentials=proof))
        except BusError as error:
            raise click.ClickException(error.message) from None
    return to_jsonable_python(result)
