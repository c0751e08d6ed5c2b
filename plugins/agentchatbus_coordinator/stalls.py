"""Whether a thread is stuck, and what is to be said about it when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from agentchatbus.plugin_api import Administrator, Agent, Message
from agentchatbus_coordinator.settings import CoordinatorSettings
from agentchatbus_coordinator.situation import Scene


class Kind(StrEnum):
    """What the coordinator says, by its ``ui_type``."""

    TAKEOVER = "admin_takeover_confirmation_required"
    SWITCH = "admin_switch_confirmation_required"
    NOTICE = "admin_coordination_timeout_notice"
    INSTRUCTION = "admin_coordination_takeover_instruction"
    OFFLINE = "agent_offline_risk_notice"


ONCE = frozenset({Kind.NOTICE, Kind.OFFLINE})
"""What is said once in an idle period."""

CONFIRMATIONS = frozenset({Kind.TAKEOVER, Kind.SWITCH})
"""What waits for a person's decision, one of a kind at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Somebody may still speak: the agents, and when one of them has to be looked at again."""

    by: frozenset[str]
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """All who take part in a thread wait.

    Attributes:
        scene: What was looked at.
        members: Who takes part, by name.
        since: Since when all of them wait, nobody has spoken, and the administrator is the same.
    """

    scene: Scene
    members: Sequence[Agent]
    since: datetime

    @property
    def admin(self) -> Administrator | None:
        """The thread's administrator."""
        return self.scene.thread.settings.administrator

    @property
    def waiting_admin(self) -> Agent | None:
        """The administrator, when it is here and waits like everybody else."""
        return next((agent for agent in self.members if self.admin and agent.id == self.admin.agent_id), None)

    @property
    def candidate(self) -> Agent:
        """Who could take the administrator's place."""
        others = [agent for agent in self.members if agent is not self.waiting_admin]
        return (others or self.members)[0]

    @property
    def elapsed_seconds(self) -> int:
        """For how long all of them wait."""
        return int((self.scene.now - self.since).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to be said, and when."""

    kind: Kind
    due: datetime


def look_at(scene: Scene) -> Stall | Blocked:
    """Say whether everybody who takes part waits.

    Those who wrote and are not offline take part, or those who wait where nobody wrote; so does the administrator, as
    long as it is not offline. Whoever works or is here without waiting may still speak; so may somebody who has just
    joined.
    """
    admin = scene.thread.settings.administrator
    taking_part = {agent_id for agent_id in scene.record.authors if agent_id in scene.present} or set(scene.waiting)
    if admin is not None and admin.agent_id in scene.present:
        taking_part.add(admin.agent_id)
    if busy := taking_part - set(scene.waiting):
        return Blocked(by=frozenset(busy))
    if newcomers := {key: until for key, until in scene.newcomers.items() if key not in scene.waiting}:
        return Blocked(by=frozenset(newcomers), until=min(newcomers.values()))
    if not taking_part:
        return Blocked(by=frozenset())
    moments = [scene.waiting[agent_id] for agent_id in taking_part]
    members = sorted((scene.present[agent_id] for agent_id in taking_part), key=_by_name)
    return Stall(scene=scene, members=members, since=max([*moments, *_news(scene)]))


def steps(stall: Stall, settings: CoordinatorSettings) -> list[Step]:
    """Return what is to be said about a stall, and when, as long as nothing changes."""
    found = ((kind, _due(kind, stall, settings)) for kind in _kinds(stall) if _is_on(kind, settings))
    return [Step(kind=kind, due=due) for kind, due in found if due is not None]


def _kinds(stall: Stall) -> Sequence[Kind]:
    if len(stall.members) > 1:
        return (Kind.NOTICE, Kind.INSTRUCTION) if stall.waiting_admin else (Kind.NOTICE, Kind.OFFLINE)
    if stall.waiting_admin:
        return (Kind.TAKEOVER,)
    return (Kind.SWITCH,) if stall.admin else ()


def _is_on(kind: Kind, settings: CoordinatorSettings) -> bool:
    if kind is Kind.SWITCH:
        return settings.switches
    return settings.notices and (settings.instruct or kind is not Kind.INSTRUCTION)


def _due(kind: Kind, stall: Stall, settings: CoordinatorSettings) -> datetime | None:
    """Return when to say something, or None while it is not to be said at all."""
    record, of_thread = stall.scene.record, stall.scene.thread.settings
    seconds = of_thread.switch_timeout_seconds if kind is Kind.SWITCH else of_thread.timeout_seconds
    first = stall.since + timedelta(seconds=seconds)
    said = record.said(kind)
    if kind in CONFIRMATIONS and record.is_pending(kind):
        return None
    if not said:
        return first
    if kind in ONCE or len(said) > settings.repeats:
        return None
    return max(first, _settled_at(said[-1]) + settings.repeat_after(seconds, len(said)))


def _settled_at(card: Message) -> datetime:
    """Return when the last was heard of a card: when a person decided it, or when it was written."""
    decided_at = card.metadata.get("decision_at")
    return datetime.fromisoformat(decided_at) if isinstance(decided_at, str) else card.created_at


def _news(scene: Scene) -> Sequence[datetime]:
    """Return when somebody last spoke, and since when the administrator is one."""
    admin = scene.thread.settings.administrator
    moments = (scene.record.spoke_at, admin.assigned_at if admin else None)
    return [moment for moment in moments if moment is not None]


def _by_name(agent: Agent) -> tuple[str, str]:
    return (agent.display_name or agent.name or agent.id).lower(), agent.id
