"""What the tests of the coordinator need: a thread with agents that wait, and time that passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest_asyncio

from agentchatbus.plugin_api import Message
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus, ManualClock
from agentchatbus_coordinator import CoordinatorPlugin, CoordinatorSettings

DAY_MS = 86_400_000
PATIENCE = 60
"""Seconds of real time after which a test that waits in vain fails."""

TAKEOVER = "admin_takeover_confirmation_required"
SWITCH = "admin_switch_confirmation_required"
NOTICE = "admin_coordination_timeout_notice"
INSTRUCTION = "admin_coordination_takeover_instruction"
OFFLINE = "agent_offline_risk_notice"
DEADLOCK = "deadlock_detected"


@dataclass(slots=True, kw_only=True)
class Room:
    """A bus with the coordinator, and a thread that `admin` created."""

    bus: BusHarness
    clock: ManualClock
    admin: AgentHandle
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _guards: Any = field(default_factory=count)

    @property
    def thread_id(self) -> str:
        return self.admin.thread_id

    async def agent(self, name: str, **introduction: Any) -> AgentHandle:
        """Let an agent join the thread."""
        return await self.bus.agent(name, **({"thread_id": self.thread_id} | introduction))

    async def say(self, agent: AgentHandle, text: str = "hello") -> None:
        """Let an agent speak on top of all there is."""
        await agent.wait(0)
        await agent.post(text)

    async def all_say(self, *agents: AgentHandle) -> None:
        for agent in agents:
            await self.say(agent)

    async def wait(self, agent: AgentHandle, timeout_ms: int = DAY_MS, **arguments: Any) -> asyncio.Task[Any]:
        """Let an agent read what there is and then block."""
        await agent.wait(0, **{key: value for key, value in arguments.items() if key == "thread_id"})
        task = asyncio.create_task(agent.wait(timeout_ms, **arguments))
        self.tasks.add(task)
        thread_id = arguments.get("thread_id", agent.thread_id)
        await self.until(lambda: (agent.agent_id, thread_id) in self.waiting())
        return task

    async def all_wait(self, *agents: AgentHandle) -> list[asyncio.Task[Any]]:
        return [await self.wait(agent) for agent in agents]

    def waiting(self) -> set[tuple[str, str]]:
        """Return agents and the threads in which they are blocked."""
        return {(state.agent_id, state.thread_id) for state in self.bus.waits()}

    async def idle(self, seconds: int) -> None:
        """Let time pass, and wait until the coordinator has looked at everything that came due by then.

        Another agent waits alone in a thread of its own from a hundredth of a second later on; when its card is there,
        all that was due before was looked at.
        """
        self.clock.advance(0.01)
        name = f"Guard {next(self._guards)}"
        guard = await self.bus.agent(name, thread_id=None, thread_name=name)
        await self.bus.call("thread_settings_update", thread_id=guard.thread_id, timeout_seconds=seconds)
        await self.say(guard)
        task = await self.wait(guard)
        await self.bus.drain()
        self.clock.advance(seconds)
        await self.until_said(TAKEOVER, thread_id=guard.thread_id)
        task.cancel()

    async def until(self, is_true: Callable[[], bool | Awaitable[bool]]) -> None:
        """Wait until something is true that comes with an event."""
        feed = self.bus.app.bus.feed
        async with asyncio.timeout(PATIENCE):
            while True:
                newest, found = feed.newest, is_true()
                if found if isinstance(found, bool) else await found:
                    return
                await feed.wait(newest)

    async def until_said(self, *ui_types: str, thread_id: str | None = None) -> list[Message]:
        """Wait until the coordinator has said exactly these things, at least."""

        async def is_said() -> bool:
            return len(await self.said(thread_id)) >= len(ui_types)

        await self.until(is_said)
        said = await self.said(thread_id)
        assert [message.metadata["ui_type"] for message in said] == list(ui_types)
        return said

    async def said(self, thread_id: str | None = None) -> list[Message]:
        """Return the messages of the bus itself in a thread."""
        messages = await self.bus.messages(thread_id or self.thread_id)
        return [message for message in messages if message.role == "system"]

    async def kinds(self, thread_id: str | None = None) -> list[str]:
        return [message.metadata["ui_type"] for message in await self.said(thread_id)]

    async def decide(self, action: str, **arguments: Any) -> Any:
        """Decide as a person."""
        given = {"thread_id": self.thread_id, "action": action} | arguments
        return await self.bus.call("thread_admin_decide", **given)

    async def set(self, **settings: Any) -> None:
        """Change the thread's settings as a person."""
        await self.bus.call("thread_settings_update", thread_id=self.thread_id, **settings)

    async def leave(self, agent: AgentHandle) -> None:
        """Send an agent away."""
        await self.bus.app.bus.agents.kick(agent.agent_id, self.person)

    @property
    def person(self) -> Any:
        from agentchatbus.testing.harness import PERSON

        return PERSON


class MakeRoom:
    """The fixture ``make_room``."""

    def __init__(self, make_bus: MakeBus, clock: ManualClock) -> None:
        self._make_bus = make_bus
        self._clock = clock
        self.rooms: list[Room] = []

    async def __call__(self, *, storage: Any = None, **settings: Any) -> Room:
        plugin = CoordinatorPlugin(CoordinatorSettings(**settings))
        bus = await self._make_bus(plugins=[plugin], clock=self._clock, storage=storage)
        room = Room(bus=bus, clock=self._clock, admin=await bus.agent("Nova", thread_id=None, thread_name="Room"))
        self.rooms.append(room)
        return room


@pytest_asyncio.fixture
async def make_room(make_bus: MakeBus, clock: ManualClock) -> AsyncIterator[MakeRoom]:
    """Open rooms whose waits end with the test."""
    make = MakeRoom(make_bus, clock)
    yield make
    tasks = [task for room in make.rooms for task in room.tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
