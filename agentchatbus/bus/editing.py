"""Changing messages that are stored: new text, new metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentchatbus.bus import bounds
from agentchatbus.bus.messages import changeable, known_message
from agentchatbus.bus.parts import Parts
from agentchatbus.bus.presence import touch
from agentchatbus.bus.projection import project
from agentchatbus.bus.rights import PEOPLE
from agentchatbus.errors import Forbidden, Unauthenticated
from agentchatbus.events import MessageEdited, MessageUpdated
from agentchatbus.model import (
    HIDDEN,
    Caller,
    CallerKind,
    Face,
    Message,
    MessageDraft,
    MessageEdit,
    Metadata,
    Role,
    freeze,
)
from agentchatbus.ports.results import Edited, EditHistory
from agentchatbus.ports.storage import Transaction


class Editing:
    """The use cases that change a message."""

    def __init__(self, parts: Parts) -> None:
        self._storage = parts.storage
        self._hooks = parts.hooks
        self._attendance = parts.attendance
        self._refusals = parts.refusals
        self._clock = parts.clock
        self._settings = parts.settings

    async def edit(self, message_id: str, content: str, caller: Caller) -> Edited:
        before = await self._storage.read(lambda tx: _editable(tx, message_id, caller))
        if content == before.content:
            return Edited(message=before, changed=False)
        with self._refusals.noting(before.thread_id, caller):
            draft = await self._admit(before, content, caller)
        editor = caller.name or caller.kind.value

        def work(tx: Transaction) -> Edited:
            message = _editable(tx, message_id, caller)
            edited = replace(message, content=draft.content, metadata=_merged(before, draft, message))
            if edited == message:
                return Edited(message=message, changed=False)
            touch(tx, caller, "msg_edit", self._clock.now())
            return Edited(message=self._store(tx, message, edited, editor), changed=True, edited_by=editor)

        edited = await self._storage.write(work)
        if caller.agent_id is not None:
            self._attendance.saw(caller.agent_id)
            self._refusals.settle(before.thread_id, caller)
        return edited

    async def history(self, message_id: str, caller: Caller) -> EditHistory:
        def work(tx: Transaction) -> EditHistory:
            return EditHistory(message=known_message(tx, message_id), edits=tuple(tx.messages.edits(message_id)))

        history = await self._storage.read(work)
        if caller.sees_human_only or not history.message.is_human_only:
            return history
        hidden = tuple(replace(edit, old_content=HIDDEN) for edit in history.edits)
        return EditHistory(message=project(history.message, caller), edits=hidden)

    async def annotate(self, message_id: str, changes: Mapping[str, Any], *, unless: str | None = None) -> Edited:
        def work(tx: Transaction) -> Edited:
            message = known_message(tx, message_id)
            metadata = {key: value for key, value in {**message.metadata, **changes}.items() if value is not None}
            updated = replace(message, metadata=freeze(metadata))
            if (unless is not None and unless in message.metadata) or updated.metadata == message.metadata:
                return Edited(message=message, changed=False)
            bounds.check_metadata(updated.metadata, self._settings)
            tx.messages.update(updated)
            tx.events.append(MessageUpdated.of(updated, _face(tx, updated)), self._clock.now())
            return Edited(message=updated, changed=True)

        return await self._storage.write(work)

    async def _admit(self, before: Message, content: str, caller: Caller) -> MessageDraft:
        """Run everything that may change or refuse a new text, as for a post."""
        draft = MessageDraft(
            thread_id=before.thread_id,
            content=content,
            author=before.author,
            author_id=before.author_id,
            author_name=before.author_name,
            role=before.role,
            priority=before.priority,
            metadata=before.metadata,
            reply_to_msg_id=before.reply_to_msg_id,
        )
        bounds.check_message(draft, self._settings)
        draft = await self._hooks.transform_message(draft, caller)
        bounds.check_message(draft, self._settings)
        await self._hooks.check_message(draft, caller)
        return draft

    def _store(self, tx: Transaction, before: Message, after: Message, editor: str) -> Message:
        now, version = self._clock.now(), before.edit_version + 1
        edit = MessageEdit(
            message_id=before.id, version=version, old_content=before.content, edited_by=editor, created_at=now
        )
        edited = replace(after, edited_at=now, edit_version=version)
        tx.messages.add_edit(edit)
        tx.messages.update(edited)
        tx.events.append(MessageEdited.of(edited, editor, _face(tx, edited)), now)
        return edited


def _face(tx: Transaction, message: Message) -> Face | None:
    """Return how the author is shown, if it is an agent that is still known."""
    author = tx.agents.get(message.author_id) if message.author_id else None
    return author.face if author else None


def _merged(before: Message, draft: MessageDraft, now: Message) -> Metadata:
    """Return the metadata after an edit: what plugins made of it, and what was written meanwhile."""
    if now.metadata == before.metadata:
        return draft.metadata
    made = {key: value for key, value in draft.metadata.items() if before.metadata.get(key) != value}
    merged: Metadata = freeze({**now.metadata, **made})
    return merged


def _editable(tx: Transaction, message_id: str, caller: Caller) -> Message:
    """Return the message, if this caller may edit it and its thread is open."""
    message = known_message(tx, message_id)
    _require_author(message, caller)
    changeable(tx, message.thread_id, "keeps its messages as they are")
    return message


def _require_author(message: Message, caller: Caller) -> None:
    """Refuse whoever did not write the message, people and the operator aside.

    Raises:
        Forbidden: Somebody else wrote it, or the bus itself did.
        Unauthenticated: The caller has proven nothing.
    """
    if message.role is Role.SYSTEM:
        raise Forbidden("System messages cannot be edited")
    if caller.kind in PEOPLE:
        return
    if caller.kind is CallerKind.GUEST:
        raise Unauthenticated("Give your agent_id and token to edit a message.", reason="missing")
    if message.author_id is None or message.author_id != caller.agent_id:
        raise Forbidden(f"Only the original author ('{message.author}') or 'system' can edit this message")
