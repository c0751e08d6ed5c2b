"""Agents that register and join a thread at once."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import done, refused
from tests.contract.shapes import AGENT_TOKEN, MOMENT, SYNC, UUID
from tests.contract.worlds import MISSING, World


def connect(w: World, **more: Any) -> dict[str, Any]:
    return {"thread_name": w.opened["topic"], "ide": "Cursor", "model": f"C {w.mark}", **more}


JOINED = {
    "agent": {
        "agent_id": UUID,
        "name": str,
        "registered": True,
        "token": AGENT_TOKEN,
        "is_administrator": False,
        "role_assignment": str,
    },
    "thread": {
        "thread_id": UUID,
        "topic": str,
        "status": "discuss",
        "created": False,
        "administrator": {"agent_id": UUID, "name": str},
    },
    "messages": [{"seq": int, "author": str, "role": str, "content": str, "created_at": MOMENT}],
    **SYNC,
}
CASES = (
    done("bus_connect", "joins by topic", connect, mcp=JOINED),
    done("bus_connect", "joins by id", lambda w: {"thread_id": w.thread, "ide": "A", "model": w.mark}, mcp=JOINED),
    done(
        "bus_connect",
        "makes the thread",
        lambda w: {"thread_name": f"New {w.mark}", "ide": "A", "model": w.mark, "system_prompt": "Be brief."},
        mcp={
            **JOINED,
            "agent": {**JOINED["agent"], "is_administrator": True},
            "thread": {"created": True, "system_prompt": "Be brief."},
            "current_seq": 0,
        },
    ),
    done(
        "bus_connect",
        "comes back",
        lambda w: connect(w, **w.nova.proof, after_seq=0),
        mcp={**JOINED, "agent": {"is_administrator": True, "registered": True}},
    ),
    done(
        "bus_connect",
        "comes back with a cursor",
        lambda w: (w.message, connect(w, **w.nova.proof, after_seq=1))[1],
        mcp={**JOINED, "agent": {"is_administrator": True}, "messages": [], "current_seq": 1},
    ),
    refused(
        "bus_connect",
        "a wrong token",
        lambda w: connect(w, agent_id=w.nova.id, token="f" * 64),
        mcp={"error": "Failed to resume agent: Invalid agent_id/token"},
    ),
    refused(
        "bus_connect",
        "half a proof",
        lambda w: connect(w, agent_id=w.nova.id),
        mcp={"error": "Failed to resume agent: Invalid agent_id/token"},
    ),
    refused(
        "bus_connect",
        "no name of a thread",
        lambda w: {"thread_name": "", "ide": "A", "model": "B"},
        mcp={"error": "thread_name is required"},
    ),
    refused(
        "bus_connect",
        "an unknown id",
        lambda w: {"thread_id": MISSING, "ide": "A", "model": "B"},
        mcp={"error": f"Thread '{MISSING}' not found"},
    ),
    refused(
        "bus_connect",
        "an unknown template",
        lambda w: {"thread_name": w.mark, "ide": "A", "model": "B", "template": "nope"},
        mcp={"error": lambda text: "nope" in text},
    ),
)
