"""A thread as its reader may see it, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agentchatbus.plugin_api import (
    Bus,
    Caller,
    Message,
    MessageEdit,
    MessageQuery,
    NotFound,
    Role,
    Thread,
)

PAGE = 200
UI_TYPE = "ui_type"
"""A key of the metadata that only cards and notices of the bus have."""

MINUTES = "%Y-%m-%d %H:%M UTC"
SECONDS = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message with what belongs to it.

    Attributes:
        author: The name to show.
        edits: Its earlier texts, oldest first.
        answered: The message that it answers, None when it answers none or that one is not there.
    """

    message: Message
    author: str
    edits: Sequence[MessageEdit]
    answered: Message | None


class Reading:
    """Reads one thread from its beginning to where it ended when the reading began.

    Attributes:
        omitted: How many notices were left out so far.
    """

    def __init__(self, bus: Bus, thread: Thread, caller: Caller, *, with_notices: bool) -> None:
        self.thread = thread
        self.at = bus.clock.now()
        self.omitted = 0
        self.bus = bus
        self._caller = caller
        self._with_notices = with_notices
        self._names: dict[str, str] = {}

    async def entries(self) -> AsyncIterator[Entry]:
        """Yield the messages, lowest seq first; never more than a page of them is in memory."""
        self._names = {agent.id: agent.display_name or agent.name for agent in await self.bus.agents.all()}
        seq = 0
        while page := await self._page(seq):
            seq = page[-1].seq
            known = {message.id: message for message in page}
            for message in page:
                if is_notice(message) and not self._with_notices:
                    self.omitted += 1
                else:
                    yield await self._entry(message, known)
                await asyncio.sleep(0)  # other requests go first, however long the thread is

    async def _page(self, after_seq: int) -> Sequence[Message]:
        query = MessageQuery(
            thread_id=self.thread.id, after_seq=after_seq, before_seq=self.thread.last_seq + 1, limit=PAGE
        )
        return await self.bus.messages.page(query, self._caller)

    async def _entry(self, message: Message, known: dict[str, Message]) -> Entry:
        edits: Sequence[MessageEdit] = ()
        if message.edit_version:
            edits = (await self.bus.editing.history(message.id, self._caller)).edits
        answered = await self._answered(message.reply_to_msg_id, known)
        return Entry(message=message, author=self.name_of(message), edits=edits, answered=answered)

    async def _answered(self, message_id: str | None, known: dict[str, Message]) -> Message | None:
        if message_id is None or message_id in known:
            return known.get(message_id or "")
        try:
            return await self.bus.messages.get(message_id, self._caller)
        except NotFound:  # an import may have brought an answer without its question
            return None

    def name_of(self, message: Message) -> str:
        """Return the name to show for a message's author."""
        return self._names.get(message.author_id or "", "") or message.author_name


def is_notice(message: Message) -> bool:
    """Return whether the bus itself said this to lead the conversation."""
    return message.role is Role.SYSTEM and bool(message.metadata.get(UI_TYPE))


def shown(moment: datetime, form: str = SECONDS) -> str:
    """Return a time for people."""
    return moment.astimezone(UTC).strftime(form)
