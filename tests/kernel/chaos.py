"""Plugins that do everything that plugins must not do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from agentchatbus.plugin_api import (
    Action,
    Bus,
    Caller,
    Event,
    EventBody,
    MessageDraft,
    Plugin,
    PluginSettings,
    hookimpl,
)

LEAK = 64 * 1024
"""Bytes that the leak holds on to with every call; bounded by how often a test calls it."""


class ChaosPlugin(Plugin[PluginSettings]):
    """Misbehaves while `is_armed`, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.is_armed = True
        self.calls = 0


class RaisePlugin(ChaosPlugin):
    """Raises what no plugin may raise."""

    errors: ClassVar[tuple[type[BaseException], ...]] = (ValueError, SystemExit, KeyboardInterrupt, RecursionError)

    @hookimpl
    async def check_message(self) -> None:
        self.calls += 1
        if self.is_armed:
            raise self.errors[self.calls % len(self.errors)]("chaos")


class HangPlugin(ChaosPlugin):
    """Never comes back, and does not let itself be cancelled."""

    @hookimpl
    async def check_action(self, action: Action) -> None:
        self.calls += 1
        while self.is_armed and action.operation == "msg_post":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue


class MutatePlugin(ChaosPlugin):
    """Tries to change what others hold, and to write in other people's names."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[str] = []

    @hookimpl
    async def transform_message(self, draft: MessageDraft, caller: Caller) -> MessageDraft | None:
        self.calls += 1
        for target, name, value in ((draft, "content", "mutated"), (caller, "agent_id", "somebody-else")):
            try:
                object.__getattribute__(type(target), "__setattr__")(target, name, value)
            except AttributeError as error:
                self.refusals.append(type(error).__name__)
        try:
            draft.metadata["injected"] = True  # type: ignore[index]
        except TypeError as error:
            self.refusals.append(type(error).__name__)
        return replace(draft, author_id="somebody-else", author="somebody-else") if self.is_armed else None


class LeakPlugin(ChaosPlugin):
    """Holds on to memory with every event."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[bytearray] = []

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.calls += 1
        self.held.append(bytearray(LEAK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise(EventBody):
    """Something that nobody wants to know."""

    type: ClassVar[str] = "chaos.noise"
    number: int


class FloodPlugin(ChaosPlugin):
    """Publishes events for as long as the bus lives, as fast as it can."""

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        task = asyncio.create_task(self._flood(bus))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _flood(self, bus: Bus) -> None:
        while self.is_armed:
            self.calls += 1
            await bus.publish(Noise(number=self.calls))


class SlowObserverPlugin(ChaosPlugin):
    """Takes for ever over the first event that it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.released = asyncio.Event()
        self.seen: list[Any] = []

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.calls += 1
        await self.released.wait()
        self.seen.append(event.id)


class FailingObserverPlugin(ChaosPlugin):
    """Fails at every event."""

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.calls += 1
        if self.is_armed:
            raise ZeroDivisionError
