"""Who calls: an agent is who its token says."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256

from agentchatbus.bus.tokens import ReplyTokens
from agentchatbus.clock import Clock
from agentchatbus.errors import InvalidRequest, Unauthenticated
from agentchatbus.events import AccessTokenRevoked, AgentKicked, AgentUpdated, AgentWentOffline, Event
from agentchatbus.hooks import Hooks
from agentchatbus.model import (
    ACCESS_PREFIX,
    HUMAN,
    AccessToken,
    Agent,
    Caller,
    CallerKind,
    Credentials,
    Scope,
    hash_token,
)
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage, Transaction

CACHE_SIZE = 10_000

AGENT_CHANGES = frozenset({AgentUpdated.type, AgentKicked.type, AgentWentOffline.type})
"""Types of the events after which an agent is not what it was."""

MIN_KEY_LENGTH = 16
"""Characters of an idempotency key from which an agent's token may be derived."""

SCOPE_KINDS = {Scope.AGENT: CallerKind.GUEST, Scope.HUMAN: CallerKind.HUMAN, Scope.OPERATOR: CallerKind.OPERATOR}
"""What the holder of an access token is; one for agents lets in whoever has yet to register."""

BAD_CREDENTIALS = "Invalid agent_id/token"


def new_agent_token(agent_id: str, key: str | None) -> str:
    """Return the token of a new agent: 64 hex digits.

    With an idempotency key it is derived from the key, so that a repeat of the registration can be given the same token
    although only its hash is stored.

    Raises:
        InvalidRequest: The key is too short to keep a secret.
    """
    if key is None:
        return secrets.token_hex(32)
    if len(key) < MIN_KEY_LENGTH:
        raise InvalidRequest(
            f"An idempotency key of a registration needs at least {MIN_KEY_LENGTH} characters; use a random UUID.",
            field="idempotency_key",
        )
    return hmac.new(key.encode(), f"agentchatbus:agent:{agent_id}".encode(), sha256).hexdigest()


class Identity:
    """Says who calls; remembers tokens it has seen, which is safe because only this process changes agents."""

    def __init__(
        self, storage: Storage, hooks: Hooks, tokens: ReplyTokens, clock: Clock, settings: BusSettings
    ) -> None:
        self._storage = storage
        self._hooks = hooks
        self._tokens = tokens
        self._clock = clock
        self._settings = settings
        self._known: OrderedDict[str, Agent] = OrderedDict()
        self._granted: dict[str, AccessToken] = {}
        self._changes = 0
        storage.on_commit(self._notice)

    async def identify(self, credentials: Credentials) -> Caller:
        """Return the caller.

        Raises:
            Unauthenticated: The credentials are incomplete or wrong, or are needed and missing.
        """
        if credentials.operator_token is not None:
            return self._operator(credentials)  # first, so that no plugin can lock the operator out
        if caller := await self._hooks.authenticate(credentials):
            return caller
        if credentials.agent_id is None and (access := await self._access(credentials.token)):
            agent = await self._holder(credentials.reply_token) if access.scope is Scope.AGENT else None
            return _agent_caller(agent, credentials) if agent else _access_caller(access, credentials)
        if credentials.token is not None or credentials.agent_id is not None:
            return await self._agent(credentials)
        if agent := await self._holder(credentials.reply_token):
            return _agent_caller(agent, credentials)
        if not self._settings.is_open:
            raise Unauthenticated("This bus is open to the network, so every call needs a token.")
        return Caller(
            kind=credentials.grants,
            name=credentials.name,
            transport=credentials.transport,
            address=credentials.address,
        )

    def _notice(self, events: Sequence[Event]) -> None:
        """Look up again what a commit changed, before anybody can act on it by what was known before."""
        for event in events:
            if event.type == AccessTokenRevoked.type:
                self._granted.clear()
            elif event.type in AGENT_CHANGES:
                self._forget(event.payload["agent_id"])

    def _forget(self, agent_id: str) -> None:
        self._changes += 1
        for key in [key for key, agent in self._known.items() if agent.id == agent_id]:
            del self._known[key]

    async def _agent(self, credentials: Credentials) -> Caller:
        if not credentials.token:
            raise Unauthenticated(BAD_CREDENTIALS, reason="incomplete")
        agent = await self._by_token(hash_token(credentials.token))
        if agent is None or (credentials.agent_id is not None and agent.id != credentials.agent_id):
            is_registered = await self._is_registered(credentials.agent_id)
            raise Unauthenticated(BAD_CREDENTIALS, reason="wrong", is_registered=is_registered)
        return _agent_caller(agent, credentials)

    async def _is_registered(self, agent_id: str | None) -> bool | None:
        """Return whether there is an agent of this id, which is no secret; None where none was named."""
        if agent_id is None:
            return None
        return await self._storage.read(lambda tx: tx.agents.get(agent_id)) is not None

    async def _access(self, token: str | None) -> AccessToken | None:
        """Return the access token that this is, if it is one.

        Raises:
            Unauthenticated: It has expired.
        """
        if token is None or not token.startswith(ACCESS_PREFIX):
            return None
        token_hash = hash_token(token)
        access = self._granted.get(token_hash) or await self._storage.read(lambda tx: tx.access.by_hash(token_hash))
        if access is None:
            raise Unauthenticated("Unknown access token", reason="wrong")
        if not access.is_valid(self._clock.now()):
            raise Unauthenticated("This access token has expired; ask for a new one.", reason="expired")
        self._granted[token_hash] = access
        return access

    async def _by_token(self, token_hash: str) -> Agent | None:
        return await self._look_up(token_hash, lambda tx: tx.agents.by_token(token_hash))

    async def _holder(self, reply_token: str | None) -> Agent | None:
        """Return the agent that a reply token was issued to, used or not; none once that agent was sent away."""
        agent = await self._issued_to(hash_token(reply_token)) if reply_token else None
        return None if agent is None or agent.is_kicked else agent

    async def _issued_to(self, token_hash: str) -> Agent | None:
        if agent_id := self._tokens.owner(token_hash):
            return await self._look_up(agent_id, lambda tx: tx.agents.get(agent_id))

        def work(tx: Transaction) -> Agent | None:
            token = tx.tokens.get(token_hash)
            return tx.agents.get(token.agent_id) if token and token.agent_id else None

        return await self._storage.read(work)

    async def _look_up(self, key: str, work: Callable[[Transaction], Agent | None]) -> Agent | None:
        """Return the agent known under a key, its id or the hash of its token."""
        if agent := self._known.get(key):
            self._known.move_to_end(key)
            return agent
        changes = self._changes
        agent = await self._storage.read(work)
        if agent is not None and changes == self._changes:  # else what was read may be of before the change
            self._known[key] = agent
            if len(self._known) > CACHE_SIZE:
                self._known.popitem(last=False)
        return agent

    def _operator(self, credentials: Credentials) -> Caller:
        expected, given = self._settings.operator_token, credentials.operator_token
        if not expected or given is None or not hmac.compare_digest(expected.encode(), given.encode()):
            raise Unauthenticated("Invalid operator token")
        return Caller(
            kind=CallerKind.OPERATOR,
            name=credentials.name,
            transport=credentials.transport,
            address=credentials.address,
        )


def _access_caller(access: AccessToken, credentials: Credentials) -> Caller:
    return Caller(
        kind=SCOPE_KINDS[access.scope],
        name=credentials.name or ("" if access.scope is Scope.AGENT else HUMAN),
        transport=credentials.transport,
        address=credentials.address,
    )


def _agent_caller(agent: Agent, credentials: Credentials) -> Caller:
    return Caller(
        kind=CallerKind.AGENT,
        agent_id=agent.id,
        name=agent.name,
        display_name=agent.display_name,
        emoji=agent.emoji,
        transport=credentials.transport,
        address=credentials.address,
    )
