"""The folder: everything that touches the disk, to be called from a thread."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from anyio import open_file

from agentchatbus_attachments.kinds import STORED

HEAD = 16
"""Bytes that tell what a file is."""

WHOLE = 8 * 1024 * 1024
"""Larger files are read in pieces while they are sent."""

PIECE = 256 * 1024

DRAFT = ".draft-"
"""How the names of files begin that are still being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file on disk; `content` is None when it is too large to be held in memory."""

    path: Path
    size: int
    changed: int
    head: bytes
    content: bytes | None

    def body(self) -> bytes | AsyncIterator[bytes]:
        """Return the bytes, or what reads them piece by piece."""
        return self.content if self.content is not None else pieces(self.path)


class Folder:
    """The files in one folder, by name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sizes(self) -> dict[str, int]:
        """Return the size of every file that has a name as files have here."""
        if not self._path.is_dir():
            return {}
        return {
            entry.name: entry.stat().st_size
            for entry in os.scandir(self._path)
            if STORED.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        }

    def clean(self) -> None:
        """Remove what was being written when the power failed."""
        for draft in self._path.glob(DRAFT + "*"):
            draft.unlink(missing_ok=True)

    def draft(self, name: str, content: bytes) -> Path | None:
        """Write a file under a passing name; None when it is there already.

        Raises:
            OSError: It cannot be written; nothing is left of it.
        """
        target = self._path / name
        if target.is_file() and target.stat().st_size == len(content):
            return None
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._path, prefix=DRAFT, delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return Path(file.name)

    def settle(self, draft: Path, name: str) -> None:
        """Give a file its name, so that it is there completely or not at all, also after the power fails."""
        draft.replace(self._path / name)

    def find(self, name: str) -> Found | None:
        """Return a file, None when there is none of that name."""
        path = self._path / name
        if not STORED.fullmatch(name) or path.is_symlink() or not path.is_file():
            return None
        status = path.stat()
        with path.open("rb") as file:
            content = file.read() if status.st_size <= WHOLE else None
            head = (content or file.read(HEAD))[:HEAD]
        return Found(path=path, size=status.st_size, changed=status.st_mtime_ns, head=head, content=content)

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        (self._path / name).unlink(missing_ok=True)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """Yield the bytes of a file."""
    async with await open_file(path, "rb") as file:
        while piece := await file.read(PIECE):
            yield piece


def name_of(content: bytes, extension: str) -> str:
    """Return the name that says what is in a file."""
    return sha256(content).hexdigest() + extension
