"""Messages: post and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from agentchatbus.bus import bounds, prompt
from agentchatbus.bus.authorship import stamp
from agentchatbus.bus.idempotency import Repeatable, fingerprint
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import joined, still_here, touch
from agentchatbus.bus.projection import project, project_all
from agentchatbus.bus.tokens import ReplyTokens, existing, stored, without_sync_fields
from agentchatbus.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    OutOfSync,
    SyncError,
    ThreadClosed,
)
from agentchatbus.events import of_message
from agentchatbus.model import (
    SYSTEM,
    Caller,
    Face,
    Message,
    MessageDraft,
    Role,
    SyncContext,
    SyncGuard,
    Thread,
    TokenSource,
    ordered_id,
)
from agentchatbus.ports.queries import MessageQuery
from agentchatbus.ports.results import Posted
from agentchatbus.ports.storage import Transaction

NO_GUARD = SyncGuard(expected_last_seq=None, reply_token=None)


class Messages:
    """The use cases around messages."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._hooks = parts.hooks
        self._tokens = parts.tokens
        self._waiting = parts.waiting
        self._attendance = parts.attendance
        self._names = parts.names
        self._refusals = parts.refusals
        self._clock = parts.clock
        self._settings = parts.settings

    async def post(
        self, draft: MessageDraft, caller: Caller, guard: SyncGuard | None = None, *, key: str | None = None
    ) -> Posted:
        guard = guard or NO_GUARD
        bounds.check_draft(draft, self._settings)
        asked = fingerprint("msg_post", caller, draft) if key or guard.reply_token else ""
        with self._refusals.noting(draft.thread_id, caller):
            draft = await self._admit(draft, caller)
        posting = _Posting(self._tokens, caller, draft, guard, asked)
        repeatable = Repeatable.of(caller, key, asked, self._clock.now())
        outcome = await self._storage.write(lambda tx: posting.run(tx, repeatable))
        if isinstance(outcome, SyncError):
            raise _projected(outcome, caller)
        if caller.agent_id is not None:
            self._waiting.posted(caller.agent_id, draft.thread_id)
            self._refusals.settle(draft.thread_id, caller)
        self._attendance.posted(draft.thread_id, caller)
        return outcome

    async def require_sync_fields(self, thread_id: str, guard: SyncGuard, caller: Caller) -> None:
        if (error := without_sync_fields(guard)) is None:
            return
        if caller.agent_id is not None:
            await self._storage.write(lambda tx: self._refuse(tx, thread_id, caller, error))
        raise error

    def _refuse(self, tx: Transaction, thread_id: str, caller: Caller, error: SyncError) -> SyncError:
        """Let the author's next wait return at once, because until then nothing it posts is taken."""
        still_here(tx, caller)
        return self._tokens.refuse(tx, thread_id, caller.agent_id, error) if tx.threads.get(thread_id) else error

    async def post_system(self, draft: MessageDraft, *, only_if: Callable[[Thread], bool] | None = None) -> Message:
        draft = as_system(draft)
        bounds.check_message(draft, self._settings)
        now = self._clock.now()

        def work(tx: Transaction) -> Message:
            thread = existing(tx, draft.thread_id)
            if only_if is not None and not only_if(thread):
                raise Conflict("The thread has changed, so the message was not stored.", thread_id=thread.id)
            return append(tx, thread, draft, now)

        return await self._storage.write(work)

    async def get(self, message_id: str, caller: Caller) -> Message:
        message = await self._storage.read(lambda tx: with_reactions(tx, [known_message(tx, message_id)])[0])
        return project(message, caller)

    async def page(self, query: MessageQuery, caller: Caller) -> Sequence[Message]:
        def work(tx: Transaction) -> list[Message]:
            existing(tx, query.thread_id)
            return with_reactions(tx, tx.messages.page(query))

        return project_all(await self._storage.read(work), caller)

    def system_prompt(self, thread: Thread) -> Message:
        return prompt.system_prompt(thread)

    async def _admit(self, draft: MessageDraft, caller: Caller) -> MessageDraft:
        """Run everything that may change or refuse a draft before it is stored."""
        stamped = await stamp(draft, caller, self._storage, self._names)
        draft = await self._hooks.transform_message(stamped, caller)
        if draft is not stamped:
            bounds.check_message(draft, self._settings)
        else:
            bounds.check_metadata(draft.metadata, self._settings)
        await self._check_reply_target(draft)
        await self._hooks.check_message(draft, caller)
        return draft

    async def _check_reply_target(self, draft: MessageDraft) -> None:
        target = draft.reply_to_msg_id
        if target is None:
            return
        message = await self._storage.read(lambda tx: tx.messages.get(target))
        if message is None:
            raise InvalidRequest(f"reply_to_msg_id '{target}' does not exist.", field="reply_to_msg_id")
        if message.thread_id != draft.thread_id:
            raise InvalidRequest(f"reply_to_msg_id '{target}' belongs to a different thread.", field="reply_to_msg_id")


class _Posting:
    """The unit of work that stores one post."""

    def __init__(self, tokens: ReplyTokens, caller: Caller, draft: MessageDraft, guard: SyncGuard, print_: str) -> None:
        self._tokens = tokens
        self._caller = caller
        self._draft = draft
        self._guard = guard
        self._fingerprint = print_

    def run(self, tx: Transaction, repeatable: Repeatable) -> Posted | SyncError:
        """Store the post; a sync error is returned, not raised, because it leaves its own mark in the storage."""
        token = stored(tx, self._guard)
        if token is not None and token.consumed_by and token.fingerprint == self._fingerprint:
            return self._again(tx, token.consumed_by)
        if (answer := repeatable.recall(tx)) is not None:
            return self._again(tx, answer["message_id"])
        thread = changeable(tx, self._draft.thread_id, "does not accept new messages")
        try:
            self._tokens.check(tx, thread, self._guard, token, self._caller)
        except SyncError as error:
            still_here(tx, self._caller)
            return self._tokens.refuse(tx, thread.id, self._caller.agent_id, error)
        message = append(tx, thread, self._draft, repeatable.at, self._caller.face)
        if token is not None:
            tx.tokens.consume(token.hash, message.created_at, message_id=message.id, fingerprint=self._fingerprint)
        repeatable.remember(tx, {"message_id": message.id})
        touch(tx, self._caller, "msg_post", repeatable.at)
        joined(tx, thread.id, self._caller, self._seen(message), repeatable.at, name=message.author_name)
        return Posted(message=message, sync=self._chain(tx, message))

    def _chain(self, tx: Transaction, message: Message) -> SyncContext | None:
        """Issue the token for the author's next post."""
        if self._caller.agent_id is None:
            return None
        return self._tokens.reissue(
            tx, message.thread_id, self._caller.agent_id, TokenSource.MSG_POST_CHAIN, self._seen(message)
        )

    def _seen(self, message: Message) -> int:
        """Return the seq up to which the author has read: its own, unless it tolerated unread ones before it."""
        expected = self._guard.expected_last_seq
        return expected if expected is not None and expected < message.seq - 1 else message.seq

    def _again(self, tx: Transaction, message_id: str) -> Posted:
        message = known_message(tx, message_id)
        if self._caller.agent_id is None:
            return Posted(message=message, sync=None)
        sync = self._tokens.keep_or_issue(
            tx, message.thread_id, self._caller.agent_id, TokenSource.MSG_POST_CHAIN, self._seen(message)
        )
        return Posted(message=message, sync=sync)


def _projected(error: SyncError, caller: Caller) -> SyncError:
    """Return a refusal that shows the caller no more of the unread messages than it may see."""
    if isinstance(error, OutOfSync):
        error.details["new_messages"] = project_all(error.details["new_messages"], caller)
    return error


def as_system(draft: MessageDraft) -> MessageDraft:
    """Return the draft as the bus itself says it."""
    return replace(draft, author=SYSTEM, author_id=SYSTEM, author_name="System", role=Role.SYSTEM)


def changeable(tx: Transaction, thread_id: str, otherwise: str) -> Thread:
    """Return the thread, if what is in it may still change.

    Raises:
        NotFound: There is none.
        ThreadClosed: It is closed or archived; `otherwise` ends the sentence.
    """
    thread = existing(tx, thread_id)
    if not thread.takes_messages:
        text = f"Thread '{thread.id}' is {thread.status} and {otherwise}."
        raise ThreadClosed(text, thread_id=thread.id, status=thread.status)
    return thread


def known_message(tx: Transaction, message_id: str) -> Message:
    """Return the message.

    Raises:
        NotFound: There is none.
    """
    if (message := tx.messages.get(message_id)) is None:
        raise NotFound(f"Message '{message_id}' not found", kind="message", id=message_id)
    return message


def with_reactions(tx: Transaction, messages: Sequence[Message]) -> list[Message]:
    """Return the messages with their reactions."""
    found = tx.reactions.of([message.id for message in messages])
    return [replace(item, reactions=tuple(found[item.id])) if item.id in found else item for item in messages]


def append(tx: Transaction, thread: Thread, draft: MessageDraft, at: datetime, face: Face | None = None) -> Message:
    """Give a draft the next seq of its thread and store it with its events, in which `face` shows its author."""
    message = Message(
        id=ordered_id(),
        thread_id=thread.id,
        seq=thread.last_seq + 1,
        author=draft.author,
        author_id=draft.author_id,
        author_name=draft.author_name,
        role=draft.role,
        content=draft.content,
        created_at=at,
        priority=draft.priority,
        metadata=draft.metadata,
        reply_to_msg_id=draft.reply_to_msg_id,
    )
    tx.messages.append(message)
    for body in of_message(message, face):
        tx.events.append(body, at)
    return message
