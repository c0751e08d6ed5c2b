"""The emoji of an agent: stable for its id, so that people recognise it everywhere."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from agentchatbus.model import HUMAN, SYSTEM, Role

PALETTE = (
    "🦊",
    "🐼",
    "🐸",
    "🐙",
    "🦄",
    "🐯",
    "🦁",
    "🐵",
    "🐧",
    "🐢",
    "🦉",
    "🐳",
    "🐝",
    "🦋",
    "🪲",
    "🦀",
    "🐞",
    "🦎",
    "🐊",
    "🐠",
    "🐬",
    "🦖",
    "🦒",
    "🦓",
    "🦔",
    "🦦",
    "🦥",
    "🦩",
    "🐘",
    "🦛",
    "🐨",
    "🐹",
    "🐰",
    "🐮",
    "🐷",
    "🐔",
    "🐧",
    "🌵",
    "🌲",
    "🌴",
    "🌿",
    "🍄",
    "🪴",
    "🍀",
    "🍉",
    "🍓",
    "🍒",
    "🍍",
    "🥑",
    "🌽",
    "🍕",
    "🍣",
    "🍜",
    "🍪",
    "🍩",
    "🍫",
    "⚡",
    "🔥",
    "💡",
    "🔭",
    "🧪",
    "🧬",
    "🧭",
    "🪐",
    "🛰️",
    "📡",
    "🔧",
    "🛠️",
    "🧰",
    "🧲",
    "🧯",
    "🔒",
    "🔑",
    "📌",
    "📎",
    "📚",
    "🗺️",
    "🧠",
    "🎯",
    "🧩",
    "🎲",
    "♟️",
    "🎸",
    "🎧",
    "🎷",
    "🚲",
    "🛶",
    "🏄",
    "🧳",
    "🏺",
    "🪁",
    "🪄",
    "🧵",
    "🧶",
    "🪙",
    "🗝️",
)
HUMAN_EMOJI = "👤"
SYSTEM_EMOJI = "⚙️"


@lru_cache(maxsize=1024)
def agent_emoji(agent_id: str | None) -> str:
    """Return the agent's emoji: its id, trimmed and in lower case, hashed into the palette."""
    plain = (agent_id or "").lower().strip()
    if not plain:
        return "❔"
    index = int.from_bytes(sha256(plain.encode()).digest()[:8], "big") % len(PALETTE)
    return PALETTE[index]


def is_emoji(text: str) -> bool:
    """Return whether the text is exactly one emoji."""
    from emoji import is_emoji as is_known  # its table takes a moment to load, and few agents choose their own

    return is_known(text)


def author_emoji(author_id: str | None, author_name: str, role: str) -> str:
    """Return the emoji of a message's author."""
    if role == Role.SYSTEM:
        return SYSTEM_EMOJI
    author = author_id or author_name
    if author in (HUMAN, SYSTEM):
        return HUMAN_EMOJI if author == HUMAN else SYSTEM_EMOJI
    return agent_emoji(author_id) if author_id else "🤖"
