"""The plugin: files over HTTP, in messages, and for those who show messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agentchatbus.plugin_api import (
    Bus,
    FileOffer,
    FileResult,
    MessageDraft,
    Operation,
    Plugin,
    Unavailable,
    hookimpl,
)
from agentchatbus_attachments.inline import with_files
from agentchatbus_attachments.keeping import Keeper
from agentchatbus_attachments.kinds import PREFIX
from agentchatbus_attachments.operations import AttachmentOperations
from agentchatbus_attachments.settings import AttachmentsSettings


class AttachmentsPlugin(Plugin[AttachmentsSettings]):
    """Keeps the pictures and files of messages beside the database."""

    settings_type = AttachmentsSettings

    def __init__(self, settings: AttachmentsSettings) -> None:
        super().__init__(settings)
        self._keeper: Keeper | None = None

    @property
    def keeper(self) -> Keeper:
        """The files of the bus.

        Raises:
            Unavailable: The bus has not started yet.
        """
        if self._keeper is None:
            raise Unavailable("The bus is starting.")
        return self._keeper

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        keeper = Keeper(bus, self.settings)
        async with keeper.running():
            self._keeper = keeper
            yield

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return AttachmentOperations(lambda: self.keeper, self.settings).offered()

    @hookimpl
    def register_files(self) -> Sequence[FileOffer]:
        return [FileOffer(prefix=PREFIX, read=self._read)]

    @hookimpl
    async def transform_message(self, draft: MessageDraft) -> MessageDraft | None:
        if self._keeper is None or not draft.metadata:
            return None
        settings = self.settings
        return await with_files(
            draft, self._keeper, inline_bytes=settings.inline_bytes, max_bytes=settings.max_image_bytes
        )

    async def _read(self, url: str) -> FileResult | None:
        return await self.keeper.read(url)
