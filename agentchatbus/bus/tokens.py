"""Reply tokens: the sync protocol's permission to post."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from agentchatbus.clock import Clock, isoformat
from agentchatbus.errors import NotFound, OutOfSync, SyncError, SyncFieldsMissing, TokenInvalid, TokenReplayed
from agentchatbus.model import Caller, ReplyToken, SyncContext, SyncGuard, Thread, TokenSource, hash_token
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage, Transaction

CACHE_SIZE = 50_000
TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token that this process has issued."""

    token: str
    agent_id: str | None


class ReplyTokens:
    """Issues, keeps and checks reply tokens.

    Only hashes are stored. Tokens issued by this process are also remembered in memory, because a wait that brought
    nothing hands the same token back; after a restart it hands out a new one instead.
    """

    def __init__(self, storage: Storage, clock: Clock, settings: BusSettings) -> None:
        self._storage = storage
        self._clock = clock
        self._settings = settings
        self._issued: OrderedDict[str, _Issued] = OrderedDict()

    async def context(self, thread_id: str, caller: Caller) -> SyncContext:
        def work(tx: Transaction) -> SyncContext:
            thread = existing(tx, thread_id)
            return self.issue(tx, thread_id, caller.agent_id, TokenSource.MSG_WAIT, thread.last_seq)

        return await self._storage.write(work)

    def owner(self, token_hash: str) -> str | None:
        """Return the agent that a token was issued to, as far as this process remembers it."""
        issued = self._issued.get(token_hash)
        return issued.agent_id if issued else None

    def issue(
        self, tx: Transaction, thread_id: str, agent_id: str | None, source: TokenSource, current_seq: int
    ) -> SyncContext:
        """Issue one more token."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        stored = ReplyToken(
            hash=hash_token(token), thread_id=thread_id, agent_id=agent_id, source=source, issued_at=self._clock.now()
        )
        tx.tokens.add(stored)
        self._remember(stored.hash, _Issued(token, agent_id))
        return self._context(current_seq, token)

    def reissue(
        self, tx: Transaction, thread_id: str, agent_id: str | None, source: TokenSource, current_seq: int
    ) -> SyncContext:
        """Invalidate the agent's open tokens and issue a new one."""
        if agent_id is not None:
            tx.tokens.close_open(thread_id, agent_id, self._clock.now())
        return self.issue(tx, thread_id, agent_id, source, current_seq)

    def keep_or_issue(
        self, tx: Transaction, thread_id: str, agent_id: str, source: TokenSource, current_seq: int
    ) -> SyncContext:
        """Hand the newest open token back and invalidate the others; issue one when there is none to hand back."""
        newest = next(iter(tx.tokens.open_of(thread_id, agent_id)), None)
        if newest is None or newest.hash not in self._issued:
            return self.issue(tx, thread_id, agent_id, source, current_seq)
        tx.tokens.close_open(thread_id, agent_id, self._clock.now(), keep=newest.hash)
        return SyncContext(current_seq=current_seq, reply_token=self._issued[newest.hash].token)

    def check(
        self, tx: Transaction, thread: Thread, guard: SyncGuard, token: ReplyToken | None, caller: Caller
    ) -> None:
        """Check what a post claims to have read.

        Args:
            tx: The unit of work.
            thread: Where it goes.
            guard: The claim.
            token: What is stored of the reply token of `guard`, if anything is.
            caller: Who posts.

        Raises:
            SyncError: The claim does not hold; the subclass says why.
        """
        if guard.reply_token is not None:
            _check_token(thread, token, caller)
        if guard.expected_last_seq is not None:
            self._check_seq(tx, thread, guard.expected_last_seq)

    def refuse(self, tx: Transaction, thread_id: str, agent_id: str | None, error: SyncError) -> SyncError:
        """Make the responsible agent wait before it posts again, and return the error to raise."""
        if agent_id is not None:
            now = self._clock.now()
            tx.tokens.close_open(thread_id, agent_id, now)
            tx.tokens.request_refresh(thread_id, agent_id, now, type(error).__name__)
        return error

    def _check_seq(self, tx: Transaction, thread: Thread, expected: int) -> None:
        unread = thread.last_seq - expected
        if 0 <= unread <= self._settings.seq_tolerance:
            return
        query = MessageQuery(
            thread_id=thread.id, after_seq=max(0, expected), limit=self._settings.seq_mismatch_max_messages
        )
        raise OutOfSync(
            f"SEQ_MISMATCH: expected_last_seq={expected}, current_seq={thread.last_seq}",
            expected_last_seq=expected,
            current_seq=thread.last_seq,
            new_messages=tx.messages.page(query),
        )

    def _context(self, current_seq: int, token: str) -> SyncContext:
        return SyncContext(current_seq=current_seq, reply_token=token, max_new_messages=self._settings.seq_tolerance)

    def _remember(self, token_hash: str, issued: _Issued) -> None:
        self._issued[token_hash] = issued
        if len(self._issued) > CACHE_SIZE:
            self._issued.popitem(last=False)


def without_sync_fields(guard: SyncGuard) -> SyncFieldsMissing | None:
    """Return the refusal of a post that lacks a sync field; it names the missing ones."""
    missing = [name for name in ("expected_last_seq", "reply_token") if getattr(guard, name) in (None, "")]
    text = f"Missing required sync fields: {', '.join(missing)}"
    return SyncFieldsMissing(text, missing_fields=missing) if missing else None


def existing(tx: Transaction, thread_id: str) -> Thread:
    """Return the thread.

    Raises:
        NotFound: There is none.
    """
    if (thread := tx.threads.get(thread_id)) is None:
        raise NotFound("Thread not found", kind="thread", id=thread_id)
    return thread


def stored(tx: Transaction, guard: SyncGuard) -> ReplyToken | None:
    """Return what is stored of a post's reply token."""
    return tx.tokens.get(hash_token(guard.reply_token)) if guard.reply_token is not None else None


def _check_token(thread: Thread, token: ReplyToken | None, caller: Caller) -> None:
    if token is None or token.thread_id != thread.id:
        raise TokenInvalid("TOKEN_INVALID")
    if token.consumed_at is not None:
        raise TokenReplayed("TOKEN_REPLAY", consumed_at=isoformat(token.consumed_at))
    if token.agent_id is not None and token.agent_id != caller.agent_id:
        raise TokenInvalid("TOKEN_INVALID")
