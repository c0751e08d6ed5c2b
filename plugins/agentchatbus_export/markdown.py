"""Markdown: a page for people, one heading a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator

from agentchatbus.plugin_api import Priority
from agentchatbus_export.attached import attached
from agentchatbus_export.outline import contained, one_line, quoted
from agentchatbus_export.reading import MINUTES, Entry, Reading, shown

EXCERPT = 120
"""Characters of a message that is answered."""


async def write(reading: Reading) -> AsyncIterator[bytes]:
    """Yield a thread as one Markdown document."""
    yield _head(reading).encode()
    async for entry in reading.entries():
        parts = [*_parts(entry, reading)]
        yield ("\n\n".join(parts) + "\n\n---\n\n").encode()
    if reading.omitted:
        yield f"*Notices of the coordinator left out: {reading.omitted}*\n".encode()


def _head(reading: Reading) -> str:
    thread = reading.thread
    lines = [
        f"# {one_line(thread.topic)}",
        "",
        f"> **Status:** {thread.status} | **Created:** {shown(thread.created_at, MINUTES)}",
        f"> **Messages:** {thread.message_count} | **Exported:** {shown(reading.at, MINUTES)}",
        f"> **Thread:** `{thread.id}`",
        "",
    ]
    if thread.summary:
        lines += [quoted(f"**Summary:** {thread.summary}"), ""]
    if thread.system_prompt:
        lines += ["**System prompt:**", "", quoted(thread.system_prompt), ""]
    return "\n".join([*lines, "---", "", ""])


def _parts(entry: Entry, reading: Reading) -> Iterator[str]:
    message = entry.message
    yield f"### {one_line(entry.author)} — {shown(message.created_at)}"
    yield _facts(entry)
    if entry.answered is not None:
        words = " ".join(entry.answered.content.split())
        excerpt = words[:EXCERPT] + ("…" if len(words) > EXCERPT else "")
        yield quoted(f"↩ #{entry.answered.seq} {reading.name_of(entry.answered)}: {excerpt}")
    if message.content:
        yield contained(message.content)
    if files := [_file(item.name, item.url) for item in attached(message.metadata)]:
        yield "\n".join(files)
    if message.reactions:
        counts = Counter(item.reaction for item in message.reactions)
        yield "Reactions: " + ", ".join(f"{one_line(text)} ({count})" for text, count in counts.items())
    for edit in entry.edits:
        yield f"Edit {edit.version} by {one_line(edit.edited_by)} — {shown(edit.created_at)}, before:"
        yield quoted(edit.old_content)


def _facts(entry: Entry) -> str:
    message = entry.message
    facts = [f"#{message.seq}", str(message.role)]
    if message.priority is not Priority.NORMAL:
        facts.append(f"**{message.priority}**")
    if message.edited_at is not None:
        facts.append(f"edited {shown(message.edited_at)}")
    return f"*{' · '.join(facts)}* · `{message.id}`"


def _file(name: str, url: str) -> str:
    label = "".join(f"\\{char}" if char in r"\[]`*_" else char for char in one_line(name))
    if not url:
        return f"- {label} (in the message)"
    target = "".join(f"%{ord(char):02X}" if char in " <>()\\\"'`" or not char.isprintable() else char for char in url)
    return f"- [{label}]({target})"
