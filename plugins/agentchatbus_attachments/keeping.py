"""Storing, finding and forgetting files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from agentchatbus.plugin_api import Bus, BusError, FileResult, TooLarge, Unavailable
from agentchatbus_attachments.counting import References
from agentchatbus_attachments.folder import Folder, Found, name_of
from agentchatbus_attachments.kinds import (
    HASHED,
    IMAGES,
    MEDIA,
    OCTETS,
    PREFIX,
    clean_name,
    extension_of,
    image_extension,
)
from agentchatbus_attachments.ledger import Entry
from agentchatbus_attachments.settings import MEGABYTE, AttachmentsSettings

logger = logging.getLogger(__name__)

FOLDER = "uploads"
RETRY_SECONDS = 60.0
"""After what time a file is looked at again that could not be removed."""

FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
ONCE = {"cache-control": "private, no-cache"}


class Keeper:
    """The files of one bus."""

    def __init__(self, bus: Bus, settings: AttachmentsSettings) -> None:
        self._clock = bus.clock
        self._folder = Folder(bus.settings.data_dir / FOLDER)
        self._references = References(bus)
        self._stock = self._references.stock
        self._unused = timedelta(minutes=settings.unused_minutes)
        self._orphan = timedelta(hours=settings.orphan_hours)
        self._room = settings.max_folder_mb * MEGABYTE
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count references and remove what nobody refers to, for as long as the context lasts."""
        await asyncio.to_thread(self._folder.clean)
        async with self._references.running(await asyncio.to_thread(self._folder.sizes)):
            task = asyncio.create_task(self._forget(), name="forgetting attachments")
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def store(self, content: bytes, extension: str, name: str) -> str:
        """Keep a file and return its address.

        Raises:
            TooLarge: There is no room for it.
            Unavailable: The disk does not take it.
        """
        stored = await asyncio.to_thread(name_of, content, extension)
        async with self._lock:
            self._require_room(stored, len(content))
            async with self._draft(stored, content) as draft:
                # The entry goes first: a file without one would be taken for somebody else's.
                entry = Entry(at=self._clock.now(), size=len(content), name=name)
                await self._references.uploaded(stored, entry)
                if draft is not None:
                    await asyncio.to_thread(self._folder.settle, draft, stored)
        return PREFIX + stored

    async def find(self, stored: str, file_name: str = "") -> FileResult | None:
        """Return a file by its name in the folder; `file_name` is what its reader knows it as."""
        found = await asyncio.to_thread(self._folder.find, stored)
        if found is None:
            return None
        result = self._result(stored, found)
        return replace(result, file_name=_with_ending(file_name, stored)) if file_name else result

    async def read(self, url: str) -> FileResult | None:
        """Return a file by its address."""
        return await self.find(url.removeprefix(PREFIX))

    async def caught_up(self) -> None:
        """Wait until everything is counted that has happened so far."""
        await self._references.caught_up()

    @asynccontextmanager
    async def _draft(self, stored: str, content: bytes) -> AsyncIterator[Path | None]:
        """Write a file that is gone again unless the context gives it its name."""
        draft = None
        try:
            draft = await asyncio.to_thread(self._folder.draft, stored, content)
            yield draft
        except OSError as error:
            logger.warning("A file cannot be stored: %s", error)
            reason = error.strerror or type(error).__name__
            raise Unavailable(
                f"Files cannot be stored right now ({reason}); nothing was stored. Try again later."
            ) from error
        finally:
            if draft is not None:
                await asyncio.to_thread(draft.unlink, missing_ok=True)

    def _result(self, stored: str, found: Found) -> FileResult:
        extension = extension_of(stored)
        is_image = extension in IMAGES and image_extension(found.head) == extension
        entry = self._stock.get(stored)
        is_hashed = HASHED.fullmatch(stored) is not None
        return FileResult(
            body=found.body(),
            media_type=IMAGES[extension] if is_image else MEDIA.get(extension, OCTETS),
            file_name=stored if is_image or entry is None or not entry.name else entry.name,
            is_inline=is_image,
            etag=stored.partition(".")[0] if is_hashed else f"{found.changed:x}-{found.size:x}",
            headers=FOREVER if is_hashed else ONCE,
        )

    def _require_room(self, stored: str, size: int) -> None:
        total = self._stock.size + size
        if stored not in self._stock and total > self._room:
            raise TooLarge(
                "The folder for uploads is full. Delete threads whose files nobody needs, or ask for more room.",
                field="file",
                size=total,
                limit=self._room,
            )

    async def _forget(self) -> None:
        """Remove files once nobody has referred to them for long enough."""
        changed = self._stock.changed
        while True:
            changed.clear()
            try:
                seconds = await self.remove_due()
            except (BusError, OSError) as error:
                logger.warning("Unused attachments stay for now: %s", error)
                seconds = RETRY_SECONDS
            await self._clock.wait_for(changed, seconds, background=True)

    async def remove_due(self) -> float | None:
        """Remove what is due; return after how many seconds to look again, None when there is nothing to wait for."""
        now = self._clock.now()
        idle = self._stock.idle.items()
        dues = {name: due for name, entry in idle if (due := self._due(name, entry)) is not None}
        kept = [name for name, due in dues.items() if due <= now and not await self._remove(name)]
        waits = [(due - now).total_seconds() for due in dues.values() if due > now]
        return min([*waits, *([RETRY_SECONDS] if kept else [])], default=None)

    async def _remove(self, name: str) -> bool:
        async with self._lock:
            if not await self._references.give_up(name, lambda entry: self._is_due(name, entry)):
                return False
            await asyncio.to_thread(self._folder.remove, name)
            return True

    def _due(self, name: str, entry: Entry) -> datetime | None:
        """Return when a file may go; None as long as it is referred to.

        One that was not uploaded here may be referred to by messages that an import has yet to bring.
        """
        if entry.refs or not (entry.used or HASHED.fullmatch(name)):
            return None
        return entry.at + (self._unused if entry.used else self._orphan)

    def _is_due(self, name: str, entry: Entry) -> bool:
        due = self._due(name, entry)
        return due is not None and due <= self._clock.now()


def _with_ending(file_name: str, stored: str) -> str:
    """Return a name that says of what kind the file is, whatever its reader calls it."""
    clean, ending = clean_name(file_name), extension_of(stored)
    return clean if extension_of(clean) == ending else clean + ending
