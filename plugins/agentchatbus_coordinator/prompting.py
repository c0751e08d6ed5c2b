"""Looks at threads in which agents wait, and says what has to be said, once it is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from agentchatbus.plugin_api import Bus, Conflict, Event, Message, MessageDraft, NotFound, Role, Thread
from agentchatbus_coordinator import cards
from agentchatbus_coordinator.agenda import Agenda
from agentchatbus_coordinator.settings import CoordinatorSettings
from agentchatbus_coordinator.situation import Look
from agentchatbus_coordinator.stalls import Blocked, Stall, look_at, steps
from agentchatbus_coordinator.waits import Waits

FIRST_LOOK = timedelta(seconds=30)
"""The shortest threshold that a thread can have."""

AFTER_CONFLICT = 1.0
"""Seconds after which a thread is looked at again that changed while something was about to be said."""

CHANGES = frozenset(
    {"msg.updated", "thread.admin", "thread.settings", "thread.state", "thread.unarchived", "thread.updated"}
)
"""Types of the events after which another thing may have to be said."""


class Prompting:
    """Watches over threads in which agents wait; keys of its agenda are ids of threads."""

    def __init__(self, bus: Bus, settings: CoordinatorSettings, waits: Waits, agenda: Agenda) -> None:
        self._bus = bus
        self._settings = settings
        self._waits = waits
        self._agenda = agenda
        self._blocked: dict[str, frozenset[str]] = {}

    def note(self, event: Event) -> None:
        """Look at a thread when an event may have changed something."""
        if event.type == "agent.offline":
            agent_id = event.payload["agent_id"]
            for thread_id in [key for key, agents in self._blocked.items() if agent_id in agents]:
                self._agenda.no_later(thread_id, 0)
        elif event.thread_id is not None:
            self._note_thread(event.thread_id, event)

    async def look(self, thread_id: str) -> None:
        """Say what is due in a thread, and plan when to look again."""
        self._blocked.pop(thread_id, None)
        waiting = self._waiting(thread_id)
        if not waiting or not await self._is_time(thread_id, waiting):
            return
        look = Look(
            now=self._bus.clock.now(),
            settings=self._bus.settings,
            waiting=waiting,
            blocked=frozenset(state.agent_id for state in self._bus.waiting.states()),
        )
        scene = await self._bus.storage.read(lambda tx: look.read(tx, thread_id))
        if scene is None:
            return
        found = look_at(scene)
        if isinstance(found, Stall):
            await self._say(found)
        else:
            self._wait_for(thread_id, found)

    def _note_thread(self, thread_id: str, event: Event) -> None:
        waiting = self._waits.since(thread_id)
        if not waiting:
            self._agenda.drop(thread_id)
            self._blocked.pop(thread_id, None)
        elif event.type == "wait.started":
            self._look_at(thread_id, waiting[event.payload["agent_id"]] + FIRST_LOOK)
        elif event.type == "wait.ended":
            self._look_at(thread_id, max(waiting.values()) + FIRST_LOOK)
        elif event.type == "msg.new" and event.payload["role"] != Role.SYSTEM:
            self._look_at(thread_id, event.created_at + FIRST_LOOK)
        elif event.type in CHANGES:
            self._agenda.no_later(thread_id, 0)

    def _look_at(self, thread_id: str, moment: datetime) -> None:
        self._agenda.no_later(thread_id, (moment - self._bus.clock.now()).total_seconds())

    def _waiting(self, thread_id: str) -> dict[str, datetime]:
        """Return who waits in a thread at this very moment, and since when."""
        since = self._waits.since(thread_id)
        states = [state for state in self._bus.waiting.states() if state.thread_id == thread_id]
        return {state.agent_id: since.get(state.agent_id, state.entered_at) for state in states}

    async def _is_time(self, thread_id: str, waiting: Mapping[str, datetime]) -> bool:
        """Return whether a thread is worth a closer look; if it is only too early, plan one."""
        try:
            thread = await self._bus.threads.get(thread_id)
        except NotFound:
            return False
        settings = thread.settings
        if not settings.auto_administrator_enabled or not thread.takes_messages:
            return False
        threshold = timedelta(seconds=min(settings.timeout_seconds, settings.switch_timeout_seconds))
        earliest = min(waiting.values()) + threshold
        if earliest > self._bus.clock.now():
            self._look_at(thread_id, earliest)
            return False
        return True

    def _wait_for(self, thread_id: str, found: Blocked) -> None:
        self._blocked[thread_id] = found.by
        if found.until is not None:
            self._look_at(thread_id, found.until)

    async def _say(self, stall: Stall) -> None:
        thread = stall.scene.thread
        planned = steps(stall, self._settings)
        seq = thread.last_seq
        for step in planned:
            if step.due <= stall.scene.now:
                stored = await self._post(cards.draft(step.kind, stall), stall, seq)
                if stored is None:
                    self._agenda.no_later(thread.id, AFTER_CONFLICT)
                    return
                seq = stored.seq
        if seq != thread.last_seq:
            self._agenda.no_later(thread.id, 0)  # for when to say it again
        elif planned:
            self._look_at(thread.id, min(step.due for step in planned))

    async def _post(self, draft: MessageDraft, stall: Stall, seq: int) -> Message | None:
        """Store a message if all is still as it was seen, else return None."""
        seen = stall.scene.thread
        if not {agent.id for agent in stall.members} <= set(self._waiting(seen.id)):
            return None

        def is_the_same(thread: Thread) -> bool:
            return (thread.last_seq, thread.status, thread.settings) == (seq, seen.status, seen.settings)

        try:
            return await self._bus.messages.post_system(draft, only_if=is_the_same)
        except (Conflict, NotFound):
            return None
