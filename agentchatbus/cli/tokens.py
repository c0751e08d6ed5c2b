"""The commands around access tokens."""

from __future__ import annotations

from math import isnan
from typing import Any
from urllib.parse import quote

import click

from agentchatbus.cli.asking import NoDatabase, Question, ask
from agentchatbus.cli.options import configured
from agentchatbus.config import Config
from agentchatbus.model import Scope

COLUMNS = ("id", "scope", "name", "created_at", "expires_at")
MAX_DAYS = 36500
"""The bus refuses longer ones; a hundred years are enough."""


def _number(_context: click.Context, _option: click.Parameter, days: float | None) -> float | None:
    """Refuse what is no number; a range of click lets it through."""
    if days is not None and isnan(days):
        raise click.BadParameter("'nan' is no number of days.")
    return days


@click.group()
def token() -> None:
    """Create, list and revoke access tokens.

    An access token lets somebody in over the network: an agent (it may register itself), a person (as on this machine),
    or an operator (who may also change how the bus runs). Clients send it as `Authorization: Bearer TOKEN`.
    """


@token.command("create")
@click.option(
    "--scope", required=True, type=click.Choice([scope.value for scope in Scope]), help="What the holder may do."
)
@click.option("--name", required=True, help="Whom it is for, in words.")
@click.option(
    "--days",
    type=click.FloatRange(min=0, max=MAX_DAYS, min_open=True),
    callback=_number,
    help="For how many days; without it, until revoked.",
)
@configured
def create(config: Config, *, scope: str, name: str, days: float | None) -> None:
    """Create an access token and print it; it is shown this once.

    Works while the bus runs and while it does not. With --db or --data-dir it is a token for the bus of that database,
    wherever that one listens. What took the token in is said on stderr.
    """
    arguments = {"name": name, "scope": scope} | ({"valid_days": days} if days else {})
    question = Question(
        operation="token_create", method="POST", path="/api/tokens", arguments=arguments, may_create=True
    )
    answer = ask(config, question)
    secret, token_id = _granted(answer.value)
    click.echo(secret)
    click.echo(f"Token {token_id} for {name!r}: keep it safe, it cannot be shown again.", err=True)
    click.echo(f"It lets its holder into {answer.source}.", err=True)


@token.command("list")
@configured
def list_(config: Config) -> None:
    """List the access tokens, without their secrets."""
    try:
        answer = ask(config, Question(operation="token_list", method="GET", path="/api/tokens", arguments={}))
    except NoDatabase as error:
        click.echo(error.message, err=True)
        tokens = []
    else:
        click.echo(f"Access tokens of {answer.source}:", err=True)
        tokens = answer.value
    nothing = "There are no access tokens. Create one with: agentchatbus token create --scope human --name NAME"
    click.echo(_table(tokens) if tokens else nothing)


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@configured
def revoke(config: Config, *, token_id: str) -> None:
    """Take an access token away, at once."""
    question = Question(
        operation="token_revoke",
        method="DELETE",
        path=f"/api/tokens/{quote(token_id, safe='')}",
        arguments={"token_id": token_id},
    )
    answer = ask(config, question)
    click.echo(f"Token {token_id} is worth nothing any more.")
    click.echo(f"It was one of {answer.source}.", err=True)


def _granted(answer: dict[str, Any]) -> tuple[str, str]:
    """Return the secret and the id of a new token; a running bus answers flat, as its HTTP interface does."""
    if "secret" in answer:
        return answer["secret"], answer["token"]["id"]
    return answer["token"], answer["id"]


def _table(tokens: list[dict[str, Any]]) -> str:
    rows = [
        tuple(name.upper() for name in COLUMNS),
        *(tuple(str(item[name] or "-") for name in COLUMNS) for item in tokens),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
