"""Tokens are in the answers that hand them out, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.drive import HANDS_OUT, SECONDS, Drive, Found, driven, everything


async def events_of(drive: Drive) -> list[Found]:
    """Return every event as it is stored, which is how people are told of it."""
    await drive.app.bus.announcer.finish()
    found, last = [], 0
    while page := await drive.app.bus.storage.read(lambda tx, last=last: tx.events.after(last, 1000)):
        found += [Found(f"event {event.id} {event.type}", repr(event)) for event in page]
        last = page[-1].id
    return found


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the data folder with its bytes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


def held(text: str, drive: Drive) -> set[str]:
    """Return the kinds of the tokens that a text holds."""
    return {kind for token, kind in drive.known.items() if token in text}


def strays(drive: Drive) -> list[str]:
    """Return the answers that hold a token which they do not hand out."""
    return [
        f"a token of kind {kind} in the answer to {found.where}"
        for operation, found in drive.answers
        for kind in held(found.text, drive) - HANDS_OUT.get(operation, set())
    ]


async def test_no_token_is_anywhere_but_where_it_is_handed_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """M11, M19, H25."""
    caplog.set_level(logging.DEBUG)
    async with driven(tmp_path) as drive:
        async with asyncio.timeout(SECONDS):
            await everything(drive)
        told = await events_of(drive)
        open_files = dict(files_of(tmp_path))
    kinds = set(drive.known.values())
    assert kinds == {"agent", "reply", "access", "operator"}
    assert len(drive.known) > 200
    assert "bus.db-wal" in open_files
    assert strays(drive) == []
    assert [found.where for found in told if held(found.text, drive)] == []
    lines = {(record.name, record.levelname, line_of(record)) for record in caplog.records}
    assert {(name, level) for name, level, line in lines if held(line, drive)} == set()
    files = [*open_files.items(), *files_of(tmp_path)]
    assert [name for name, content in files if held(content.decode("latin-1"), drive)] == []


def line_of(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {record.exc_text or ''}"
