"""Sizes and values that a draft has to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from agentchatbus.errors import InvalidRequest, TooLarge
from agentchatbus.lookalikes import disguised_word, is_reserved
from agentchatbus.model import (
    MAX_NAME_LENGTH,
    AgentChanges,
    AgentDraft,
    MessageDraft,
    StopReason,
    ThreadDraft,
    thaw,
    to_json,
    unseen_character,
)
from agentchatbus.ports.settings import BusSettings

MAX_INTRODUCTION_BYTES = 16 * 1024
"""Size of what an agent says of itself; every list of agents repeats it."""

MAX_DEPTH = 32
"""Levels of metadata; clients of some languages cannot read much more."""

CONTAINERS = ("attachments", "images", "image")
"""Keys of metadata that carry pictures and files; a message with one of them may have no text."""


def check_thread(draft: ThreadDraft, settings: BusSettings) -> None:
    """Check a thread before it is created.

    Raises:
        InvalidRequest: The topic is empty.
        TooLarge: Topic, prompt or metadata are over their limit.
    """
    check_topic(draft.topic, settings)
    check_text("system_prompt", draft.system_prompt or "", settings)
    check_metadata(draft.metadata or {}, settings)


def check_topic(topic: str, settings: BusSettings) -> None:
    """Check the name of a thread.

    Raises:
        InvalidRequest: It is empty, or holds characters that cannot be seen.
        TooLarge: It is over its limit.
    """
    if not topic.strip():
        raise InvalidRequest("topic is required", field="topic")
    _limit("topic", len(topic), settings.max_topic_length, "characters")
    check_seen("topic", topic)


def check_text(field: str, text: str, settings: BusSettings) -> None:
    """Check a longer text besides messages, such as a prompt or a summary.

    Raises:
        TooLarge: It is longer than a message may be.
    """
    _limit(field, len(text.encode()), settings.max_content_bytes, "bytes")


def check_draft(draft: MessageDraft, settings: BusSettings) -> None:
    """Check a message before plugins see it; its metadata may be as large as a request until they have.

    Agents put pictures into metadata, which a plugin moves to where they belong.

    Raises:
        InvalidRequest: The content is empty, or the stop reason is none.
        TooLarge: Content or metadata are over their limit.
    """
    _check_words(draft, settings)
    check_metadata(draft.metadata, settings, limit=max(settings.max_metadata_bytes, settings.max_body_bytes))


def check_message(draft: MessageDraft, settings: BusSettings) -> None:
    """Check a message as it will be stored.

    Raises:
        InvalidRequest: The content is empty, or the stop reason is none.
        TooLarge: Content or metadata are over their limit.
    """
    _check_words(draft, settings)
    check_metadata(draft.metadata, settings)


def check_metadata(metadata: Mapping[str, Any], settings: BusSettings, *, limit: int | None = None) -> None:
    """Check metadata of a thread or a message, against the configured limit or another one.

    Raises:
        InvalidRequest: It is nested too deeply, or no JSON.
        TooLarge: It is over its limit.
    """
    if not metadata:
        return
    if _depth(metadata) > MAX_DEPTH:
        raise InvalidRequest(f"metadata is nested in more than {MAX_DEPTH} levels; make it flatter.", field="metadata")
    try:
        text = to_json(metadata)
    except ValueError as error:
        raise InvalidRequest(f"metadata is no valid JSON: {error}", field="metadata") from None
    _limit("metadata", len(text), limit or settings.max_metadata_bytes, "bytes")


def check_name(field: str, name: str) -> None:
    """Check a name that others will read.

    Raises:
        InvalidRequest: It holds characters that cannot be seen, or a word that looks like another one.
        TooLarge: It is too long.
    """
    check_label(field, name, MAX_NAME_LENGTH)
    if word := disguised_word(name):
        raise InvalidRequest(
            f"{field}: the word '{word}' mixes letters of several alphabets that look alike; use one alphabet a word.",
            field=field,
        )


def check_label(field: str, text: str, longest: int) -> None:
    """Check a short text of one line.

    Raises:
        InvalidRequest: It holds characters that cannot be seen.
        TooLarge: It has more characters than `longest`.
    """
    _limit(field, len(text), longest, "characters")
    check_seen(field, text)


def check_seen(field: str, text: str) -> None:
    """Check a text of one line.

    Raises:
        InvalidRequest: It holds characters that cannot be seen, such as a line break.
    """
    if (char := unseen_character(text)) is not None:
        raise InvalidRequest(f"{field} must not contain the character U+{ord(char):04X}.", field=field)


def check_agent(draft: AgentDraft) -> None:
    """Check how an agent introduces itself.

    Raises:
        InvalidRequest: Its names hold characters that cannot be seen, or its alias belongs to people or the bus.
        TooLarge: It has too much to say.
    """
    for field, name in (("ide", draft.ide), ("model", draft.model)):
        check_name(field, name.strip())
    _check_introduction(draft)


def check_changes(changes: AgentChanges) -> None:
    """Check what an agent changes of its introduction.

    Raises:
        InvalidRequest: The alias holds characters that cannot be seen, or belongs to people or the bus.
        TooLarge: It has too much to say.
    """
    _check_introduction(changes)


def _check_introduction(said: AgentDraft | AgentChanges) -> None:
    alias = (said.display_name or "").strip()
    check_name("display_name", alias)
    if is_reserved(alias):
        raise InvalidRequest(f"The display name '{alias}' is reserved; choose another one.", field="display_name")
    lists = thaw([*(said.capabilities or ()), *(said.skills or ())])
    size = len(orjson.dumps(lists)) + len((said.description or "").encode())
    _limit("description, capabilities and skills", size, MAX_INTRODUCTION_BYTES, "bytes")


def _depth(value: Any) -> int:
    """Return how many levels a JSON value has, without going deeper than the limit by more than one."""
    deepest, todo = 0, [(value, 1)]
    while todo and deepest <= MAX_DEPTH:
        item, level = todo.pop()
        inner = item.values() if isinstance(item, Mapping) else item if isinstance(item, list | tuple) else None
        if inner is not None:
            deepest = max(deepest, level)
            todo.extend((child, level + 1) for child in inner)
    return deepest


def _check_words(draft: MessageDraft, settings: BusSettings) -> None:
    if not draft.content.strip() and not any(draft.metadata.get(key) for key in CONTAINERS):
        raise InvalidRequest("content must not be empty", field="content")
    _limit("content", len(draft.content.encode()), settings.max_content_bytes, "bytes")
    _check_stop_reason(draft.metadata.get("stop_reason"))


def _check_stop_reason(reason: object) -> None:
    if reason is not None and reason not in list(StopReason):
        allowed = ", ".join(sorted(StopReason))
        raise InvalidRequest(f"Invalid stop_reason '{reason}'. Must be one of: {allowed}", field="stop_reason")


def _limit(name: str, size: int, limit: int, unit: str) -> None:
    if size > limit:
        raise TooLarge(
            f"{name} has {size} {unit}; the limit is {limit}. Shorten it or split it.",
            field=name,
            size=size,
            limit=limit,
        )
