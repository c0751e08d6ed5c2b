"""Access tokens: created by the operator, shown once, stored as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from agentchatbus.bus import bounds
from agentchatbus.bus.rights import require_person
from agentchatbus.clock import Clock
from agentchatbus.errors import Forbidden, NotFound
from agentchatbus.events import AccessTokenCreated, AccessTokenRevoked
from agentchatbus.model import ACCESS_PREFIX, AccessToken, Caller, CallerKind, Scope, hash_token
from agentchatbus.ports.results import AccessGranted
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage, Transaction


class Access:
    """The use cases around access tokens."""

    def __init__(self, storage: Storage, clock: Clock, settings: BusSettings) -> None:
        self._storage = storage
        self._clock = clock
        self._settings = settings

    async def create(
        self, name: str, scope: Scope, caller: Caller, *, valid_for: timedelta | None = None
    ) -> AccessGranted:
        require_person(caller, "create access tokens")
        if scope is Scope.OPERATOR and caller.kind is CallerKind.HUMAN and not self._settings.is_open:
            raise Forbidden("Only the operator may create an operator's token on a bus that the network can reach.")
        bounds.check_name("name", name)
        secret = ACCESS_PREFIX + secrets.token_urlsafe(32)
        now = self._clock.now()
        expires_at = now + valid_for if valid_for else None
        token = AccessToken(id=uuid4().hex[:12], name=name, scope=scope, created_at=now, expires_at=expires_at)

        def work(tx: Transaction) -> None:
            tx.access.add(token, hash_token(secret))
            tx.events.append(AccessTokenCreated.of(token), now)

        await self._storage.write(work)
        return AccessGranted(token=token, secret=secret)

    async def all(self, caller: Caller) -> Sequence[AccessToken]:
        require_person(caller, "see the access tokens")
        return await self._storage.read(lambda tx: tx.access.all())

    async def revoke(self, token_id: str, caller: Caller) -> None:
        require_person(caller, "revoke access tokens")

        def work(tx: Transaction) -> None:
            if not tx.access.remove(token_id):
                raise NotFound(f"There is no access token '{token_id}'.", kind="access token", id=token_id)
            tx.events.append(AccessTokenRevoked(token_id=token_id), self._clock.now())

        await self._storage.write(work)
