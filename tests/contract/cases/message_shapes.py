"""How messages are shown."""

from __future__ import annotations

import re

from tests.contract.shapes import MOMENT, UUID, Maybe

NOT_FOUND = {"error": "Thread not found"}
WAITED = {
    "msg_id": UUID,
    "author": str,
    "author_id": Maybe(str),
    "author_name": str,
    "role": str,
    "content": str,
    "seq": int,
    "created_at": MOMENT,
    "metadata": Maybe(dict),
    "priority": "normal",
}
REACTION = {"id": UUID, "agent_id": str, "agent_name": Maybe(str), "reaction": str, "created_at": MOMENT}
PROMPT = re.compile(f"sys-{UUID.pattern}")
LISTED = {**WAITED, "reply_to_msg_id": None, "reactions": list}
ROW = {
    "id": UUID,
    "author": str,
    "author_id": Maybe(str),
    "author_name": str,
    "author_emoji": str,
    "role": str,
    "content": str,
    "seq": int,
    "created_at": MOMENT,
    "metadata": Maybe(str),
    "priority": str,
    "reply_to_msg_id": Maybe(str),
    "edited_at": None,
    "edit_version": 0,
    "reactions": list,
}
POSTED = {key: ROW[key] for key in ROW if key not in ("edited_at", "edit_version", "reactions")}
