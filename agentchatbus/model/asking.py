"""Messages that ask something of a person."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from agentchatbus.model.messages import Message, Role

MENTION = re.compile(r"@([\w.-]+)")


class Ask(StrEnum):
    """What a message asks of a person: to decide, to answer, or to take note."""

    CARD = "card"
    MENTION = "mention"
    NOTICE = "notice"


def ask_of(message: Message, names: Collection[str]) -> Ask | None:
    """Return what a message asks of the person who goes by these names, which are in lower case.

    A message of the bus with buttons is a card until it is decided; one for people only whose ``ui_type`` ends in
    ``_notice`` is a notice. Agents ask by naming the person.
    """
    if message.role is not Role.SYSTEM:
        return Ask.MENTION if message.author_id and is_named(message, names) else None
    if message.metadata.get("decision_status") == "resolved":
        return None
    if message.metadata.get("ui_buttons"):
        return Ask.CARD
    is_notice = str(message.metadata.get("ui_type")).endswith("_notice")
    return Ask.NOTICE if is_notice and message.is_human_only else None


def is_named(message: Message, names: Collection[str]) -> bool:
    """Return whether a message names somebody: in its text, as a mention, or as the one who goes on."""
    mentions = message.metadata.get("mentions")
    listed = mentions if isinstance(mentions, list | tuple) else ()
    for item in (message.metadata.get("handoff_target"), *listed):
        if isinstance(item, str) and item.removeprefix("@").lower() in names:
            return True
    return any(word.rstrip(".-").lower() in names for word in MENTION.findall(message.content))
