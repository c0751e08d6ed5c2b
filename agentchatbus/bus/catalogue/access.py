"""Operations on access tokens, for the people who run the bus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from agentchatbus.model import AccessToken, Scope
from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.results import AccessGranted


class TokenCreateParams(Params):
    """Arguments of ``token_create``."""

    name: str = Field(min_length=1, description="Whom the token is for, in words.")
    scope: Scope = Field(description="What its holder may do.")
    valid_days: float | None = Field(None, gt=0, le=36500, description="For how many days; without it, until revoked.")


class TokenParams(Params):
    """Arguments that name an access token."""

    token_id: str = Field(description="Id of the token, as listed.")


class AccessOperations:
    """Operations on access tokens. They are no tools: agents hand out no rights."""

    def __init__(self, bus: Bus) -> None:
        self._access = bus.access

    @operation(route=Route(method="POST", path="/api/tokens", status=201), tool=False)
    async def token_create(self, params: TokenCreateParams, call: Call) -> AccessGranted:
        """Create an access token; the answer shows its secret once and never again."""
        valid_for = timedelta(days=params.valid_days) if params.valid_days else None
        return await self._access.create(params.name, params.scope, call.caller, valid_for=valid_for)

    @operation(route=Route(method="GET", path="/api/tokens"), read_only=True, idempotent=True, tool=False)
    async def token_list(self, _params: Params, call: Call) -> Sequence[AccessToken]:
        """List the access tokens, without their secrets."""
        return await self._access.all(call.caller)

    @operation(
        route=Route(method="DELETE", path="/api/tokens/{token_id}", status=204),
        idempotent=True,
        destructive=True,
        tool=False,
    )
    async def token_revoke(self, params: TokenParams, call: Call) -> None:
        """Take an access token away."""
        await self._access.revoke(params.token_id, call.caller)
