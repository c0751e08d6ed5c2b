"""Sizes and values that a draft has to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from agentchatbus.errors import InvalidRequest, TooLarge
from agentchatbus.model import MessageDraft, StopReason, ThreadDraft, thaw
from agentchatbus.ports.settings import BusSettings

CONTAINERS = ("attachments", "images", "image")
"""Keys of metadata that carry pictures and files; a message with one of them may have no text."""


def check_thread(draft: ThreadDraft, settings: BusSettings) -> None:
    """Check a thread before it is created.

    Raises:
        InvalidRequest: The topic is empty.
        TooLarge: Topic, prompt or metadata are over their limit.
    """
    if not draft.topic.strip():
        raise InvalidRequest("topic is required", field="topic")
    _limit("topic", len(draft.topic), settings.max_topic_length, "characters")
    _limit("system_prompt", len((draft.system_prompt or "").encode()), settings.max_content_bytes, "bytes")
    _check_metadata(draft.metadata, settings)


def check_message(draft: MessageDraft, settings: BusSettings) -> None:
    """Check a message before plugins see it.

    Raises:
        InvalidRequest: The content is empty, or the stop reason is none.
        TooLarge: Content or metadata are over their limit.
    """
    if not draft.content.strip() and not any(draft.metadata.get(key) for key in CONTAINERS):
        raise InvalidRequest("content must not be empty", field="content")
    _limit("content", len(draft.content.encode()), settings.max_content_bytes, "bytes")
    _check_metadata(draft.metadata, settings)
    _check_stop_reason(draft.metadata.get("stop_reason"))


def _check_metadata(metadata: Mapping[str, Any], settings: BusSettings) -> None:
    if not metadata:
        return
    try:
        json.dumps(value := thaw(metadata), allow_nan=False)
        text = orjson.dumps(value)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"metadata is no valid JSON: {error}", field="metadata") from None
    _limit("metadata", len(text), settings.max_metadata_bytes, "bytes")


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
