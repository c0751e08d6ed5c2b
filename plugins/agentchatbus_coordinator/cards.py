"""The words of the coordinator, and the metadata from which the console draws cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agentchatbus.plugin_api import Administrator, Agent, MessageDraft, Priority, agent_emoji, freeze, isoformat
from agentchatbus_coordinator.stalls import Kind, Stall

HIDDEN: Mapping[str, Any] = {"visibility": "human_only", "wakes": []}
"""For people: agents neither read it nor are woken by it."""


def draft(kind: Kind, stall: Stall) -> MessageDraft:
    """Return the message of a kind about a stall."""
    text, metadata = _WRITERS[kind](stall)
    common = {
        "ui_type": kind.value,
        "thread_id": stall.scene.thread.id,
        "timeout_seconds": stall.elapsed_seconds,
        "online_agents_count": len(stall.members),
        "triggered_at": isoformat(stall.scene.now),
    }
    return message(stall.scene.thread.id, text, {**common, **metadata})


def message(thread_id: str, text: str, metadata: Mapping[str, Any]) -> MessageDraft:
    """Return a message of the coordinator; by its priority it is found again."""
    return MessageDraft(thread_id=thread_id, content=text, priority=Priority.SYSTEM, metadata=freeze(metadata))


def name_of(who: Agent | Administrator) -> str:
    """Return how people call an agent."""
    return who.name if isinstance(who, Administrator) else who.display_name or who.name or who.id


def as_fields(prefix: str, who: Agent | Administrator | None) -> dict[str, Any]:
    """Return an agent as ``<prefix>_id``, ``_name`` and ``_emoji``."""
    if who is None:
        return dict.fromkeys((f"{prefix}_id", f"{prefix}_name", f"{prefix}_emoji"))
    agent_id = who.agent_id if isinstance(who, Administrator) else who.id
    return {f"{prefix}_id": agent_id, f"{prefix}_name": name_of(who), f"{prefix}_emoji": emoji_of(who)}


def emoji_of(who: Agent | Administrator) -> str:
    """Return the emoji an agent is shown with."""
    if isinstance(who, Administrator):
        return agent_emoji(who.agent_id)
    return who.emoji or agent_emoji(who.id)


def instruction(target: Agent) -> dict[str, Any]:
    """Return the metadata that hand the turn to an agent and wake nobody else."""
    return {
        "ui_type": Kind.INSTRUCTION.value,
        "handoff_target": target.id,
        "wakes": [target.id],
        **as_fields("target_admin", target),
    }


def clock_time(moment: datetime) -> str:
    """Return a moment as people read it."""
    return f"{moment:%H:%M} UTC"


def _takeover(stall: Stall) -> tuple[str, dict[str, Any]]:
    name = name_of(stall.members[0])
    text = f"Only the administrator, {name}, is here, and it has been waiting for {_duration(stall)}. Should it go on?"
    return text, {
        **HIDDEN,
        "reason": "single_online_current_admin_waiting",
        "mode": "single_agent_current_admin",
        **as_fields("current_admin", stall.members[0]),
        "ui_buttons": [
            {"action": "takeover", "label": f"Let {name} go on"},
            {"action": "cancel", "label": "Cancel", "tooltip": "Leave it waiting"},
        ],
    }


def _switch(stall: Stall) -> tuple[str, dict[str, Any]]:
    admin, candidate = _administrator(stall), stall.candidate
    old, new = name_of(admin) if admin else "nobody", name_of(candidate)
    text = (
        f"The administrator, {old}, is not here; {new} has been waiting alone for {_duration(stall)}. "
        f"Should {new} become the administrator?"
    )
    return text, {
        **HIDDEN,
        "reason": "all_agents_waiting",
        "mode": "single_agent_fallback",
        **as_fields("current_admin", admin),
        **as_fields("candidate_admin", candidate),
        "ui_buttons": [
            {"action": "switch", "label": f"Make {new} administrator"},
            {"action": "keep", "label": f"Keep {old}"},
        ],
    }


def _notice(stall: Stall) -> tuple[str, dict[str, Any]]:
    admin = stall.waiting_admin
    then = f"The administrator, {name_of(admin)}, is asked to go on." if admin else "No administrator is here to go on."
    text = f"All {len(stall.members)} agents here have been waiting for {_duration(stall)}: {_names(stall)}. {then}"
    return text, {
        **HIDDEN,
        "reason": "all_agents_waiting",
        "mode": "multi_agent",
        **as_fields("current_admin", _administrator(stall)),
    }


def _offline(stall: Stall) -> tuple[str, dict[str, Any]]:
    admin = _administrator(stall)
    who = f"The administrator, {name_of(admin)}, is not here" if admin else "This thread has no administrator"
    fields = as_fields("current_admin", admin)
    del fields["current_admin_emoji"]
    return f"{who}, and everybody else waits. Please look after the agents.", {
        **HIDDEN,
        "reason": "no_actionable_admin",
        **fields,
    }


def _instruction(stall: Stall) -> tuple[str, dict[str, Any]]:
    target = stall.candidate if stall.waiting_admin is None else stall.waiting_admin
    text = (
        f"{name_of(target)}: you are the administrator of this thread, and everybody in it has been waiting for "
        f"{_duration(stall)}. Coordinate now: go on with the work, hand out the next tasks, or tell the human what "
        "you need. Post a message before you wait again."
    )
    return text, {"reason": "all_agents_waiting", **instruction(target)}


def _administrator(stall: Stall) -> Agent | Administrator | None:
    return stall.waiting_admin or stall.admin


def _names(stall: Stall) -> str:
    return in_words([name_of(agent) for agent in stall.members])


def in_words(items: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join([*([", ".join(items[:-1])] if items[1:] else []), *items[-1:]])


def _duration(stall: Stall) -> str:
    seconds = stall.elapsed_seconds
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


_WRITERS = {
    Kind.TAKEOVER: _takeover,
    Kind.SWITCH: _switch,
    Kind.NOTICE: _notice,
    Kind.INSTRUCTION: _instruction,
    Kind.OFFLINE: _offline,
}
