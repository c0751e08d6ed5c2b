"""HTML: one page that needs nothing else and runs nothing."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from html import escape

from agentchatbus.plugin_api import Files, Priority, TooLarge
from agentchatbus_export.attached import Attached, attached
from agentchatbus_export.reading import MINUTES, Entry, Reading, shown

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
header,article{border-bottom:1px solid #d0d7de;padding:1rem 0}
h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1rem;margin:0}
.facts,.note{color:#59636e;font-size:.85rem}
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
blockquote{margin:.5rem 0;padding-left:.75rem;border-left:3px solid #d0d7de;white-space:pre-wrap;overflow-wrap:anywhere}
img{max-width:100%}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}header,article,blockquote{border-color:#30363d}
.facts,.note{color:#9198a1}}
"""
STYLE_HASH = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src 'sha256-{STYLE_HASH}'"
EXCERPT = 120
PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
WEB = ("http://", "https://")


async def write(reading: Reading, max_picture_bytes: int) -> AsyncIterator[bytes]:
    """Yield a thread as one page."""
    yield _head(reading).encode()
    album = _Album(reading.bus.files, max_picture_bytes)
    async for entry in reading.entries():
        for piece in _article(entry, reading):
            yield piece.encode()
        for item in attached(entry.message.metadata):
            async for piece in album.show(item):
                yield piece.encode()
        yield "".join(_after(entry)).encode()
    if reading.omitted:
        yield f'<p class="note">Notices of the coordinator left out: {reading.omitted}</p>\n'.encode()
    yield b"</body>\n</html>\n"


class _Album:
    """Puts pictures into the page, as long as there is room."""

    def __init__(self, files: Files, room: int) -> None:
        self._files = files
        self._room = room

    async def show(self, item: Attached) -> AsyncIterator[str]:
        file = await self._files.read(item.url) if item.url else None
        if file is not None and file.media_type in PICTURES:
            try:
                body = (await file.whole(self._room)).body
            except (OSError, TooLarge):
                body = b""
            if body and isinstance(body, bytes):
                self._room -= len(body)
                data = base64.b64encode(body).decode()
                yield f'<p><img alt="{escape(item.name)}" src="data:{file.media_type};base64,{data}"></p>\n'
                return
        name = escape(item.name)
        if item.url.startswith(WEB):
            name = f'<a rel="noreferrer noopener" href="{escape(item.url)}">{name}</a>'
        yield f'<p class="note">Attached: {name}</p>\n'


def _head(reading: Reading) -> str:
    thread = reading.thread
    prompt = f"<blockquote>{escape(thread.system_prompt)}</blockquote>\n" if thread.system_prompt else ""
    summary = f'<p class="text">{escape(thread.summary)}</p>\n' if thread.summary else ""
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(thread.topic)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<h1>{escape(thread.topic)}</h1>\n<p class="facts">{thread.status} · created '
        f"{shown(thread.created_at, MINUTES)} · {thread.message_count} messages · exported "
        f"{shown(reading.at, MINUTES)} · thread {escape(thread.id)}</p>\n{summary}{prompt}</header>\n"
    )


def _article(entry: Entry, reading: Reading) -> Iterator[str]:
    message = entry.message
    yield f'<article id="m{message.seq}">\n<h2>{escape(entry.author)}</h2>\n<p class="facts">{_facts(entry)}</p>\n'
    if (answered := entry.answered) is not None:
        words = " ".join(answered.content.split())
        excerpt = words[:EXCERPT] + ("…" if len(words) > EXCERPT else "")
        link = f'<a href="#m{answered.seq}">#{answered.seq}</a>'
        yield f"<blockquote>{link} {escape(reading.name_of(answered))}: {escape(excerpt)}</blockquote>\n"
    if message.content:
        yield f'<div class="text">{escape(message.content)}</div>\n'


def _facts(entry: Entry) -> str:
    message = entry.message
    facts = [shown(message.created_at), f"#{message.seq}", str(message.role)]
    if message.priority is not Priority.NORMAL:
        facts.append(f"<strong>{message.priority}</strong>")
    if message.edited_at is not None:
        facts.append(f"edited {shown(message.edited_at)}")
    return " · ".join([*facts, escape(message.id)])


def _after(entry: Entry) -> Iterator[str]:
    counts = Counter(item.reaction for item in entry.message.reactions)
    if counts:
        listed = ", ".join(f"{escape(text)} ({count})" for text, count in counts.items())
        yield f'<p class="note">Reactions: {listed}</p>\n'
    for edit in entry.edits:
        by = f"Edit {edit.version} by {escape(edit.edited_by)}, {shown(edit.created_at)}, before:"
        yield f'<p class="note">{by}</p>\n<blockquote>{escape(edit.old_content)}</blockquote>\n'
    yield "</article>\n"
