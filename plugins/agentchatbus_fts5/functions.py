"""What is put into the index for a message; called by the triggers, so nothing here may raise."""

from __future__ import annotations

import json
import re
import sqlite3
from functools import lru_cache

from agentchatbus.plugin_api import search_language

EVERY = "every"
"""A word that every message has, for queries that say only what a message must not have."""

NOBODY = "nobody"
"""A word that no message has."""

_BORDER = "xborder"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def text_words(content: str) -> str:
    """Return the words of a message."""
    return " ".join(search_language.words_of(content))


def author_words(author: str, author_name: str, author_id: str | None) -> str:
    """Return by which words an author is found: those of both names, and the id."""
    names = [text_words(name) for name in dict.fromkeys((author_name, author))]
    return f" {_BORDER} ".join([*names, id_word(author_id)] if author_id else names)


def mark_words(thread_id: str, metadata: str | None, edit_version: int) -> str:
    """Return by which words a message is found besides its text: its thread and its marks."""
    if metadata is None and not edit_version:
        return f"{EVERY} {id_word(thread_id)}"
    marks = search_language.marks_of(object_of(metadata), edit_version)
    return " ".join([EVERY, id_word(thread_id), *marks])


@lru_cache(maxsize=1024)
def id_word(identifier: str) -> str:
    """Return an id as one word, another one for every id."""
    if _UUID.fullmatch(identifier):
        return f"u{identifier.replace('-', '')}"
    return f"x{identifier.encode(errors='surrogatepass').hex()}"


def install(connection: sqlite3.Connection) -> None:
    """Let statements on this connection call these functions."""
    connection.create_function("fts5_text", 1, text_words, deterministic=True)
    connection.create_function("fts5_author", 3, author_words, deterministic=True)
    connection.create_function("fts5_marks", 3, mark_words, deterministic=True)


def object_of(metadata: str | None) -> dict[str, object]:
    """Return the metadata of a message, as they are stored; nothing where that is no object."""
    try:
        value = json.loads(metadata or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
