"""Watching hook calls: what is reported, and that nothing else changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.errors import ConfigError, PluginFailed, Rejected
from agentchatbus.model import Caller, MessageDraft
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl
from agentchatbus.testing import MakeBus, ManualClock
from agentchatbus.tracing import HookCall
from tests.kernel.plugin_kit import CALLER, DRAFT, EVENT, RUN_TIME_HOOKS, Kit, LeapingClock, ask, plugin_with


class Gate(Plugin[PluginSettings]):
    @hookimpl
    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        if draft.content == "refuse":
            raise Rejected("no")
        if draft.content == "fail":
            raise KeyError("oops")
        if draft.content == "hang":
            await asyncio.Event().wait()


class Change(Plugin[PluginSettings]):
    @hookimpl
    async def transform_message(self, draft: MessageDraft) -> MessageDraft:
        return draft


def watched(*types: type[Plugin[Any]]) -> tuple[Kit, list[HookCall]]:
    calls: list[HookCall] = []
    kit = Kit(*types, clock=LeapingClock())
    kit.manager.watch(calls.append)
    return kit, calls


def draft(content: str) -> MessageDraft:
    return MessageDraft(thread_id="t1", content=content)


async def test_a_call_is_reported_with_plugin_hook_time_and_outcome() -> None:
    kit, calls = watched(Gate, Change)
    await kit.hooks.check_message(DRAFT, CALLER)
    await kit.hooks.transform_message(DRAFT, CALLER)
    assert [(call.plugin, call.hook, call.outcome) for call in calls] == [
        ("gate", "check_message", "passed"),
        ("change", "transform_message", "answered"),
    ]
    assert all(call.seconds >= 0 for call in calls)


@pytest.mark.parametrize(
    ("content", "error", "outcome"),
    [
        ("refuse", Rejected, "refused rejected"),
        ("fail", PluginFailed, "failed KeyError"),
        ("hang", PluginFailed, "cancelled"),
    ],
)
async def test_what_goes_wrong_is_reported_and_arrives_all_the_same(
    content: str, error: type[Exception], outcome: str
) -> None:
    kit, calls = watched(Gate)
    with pytest.raises(error):
        await kit.hooks.check_message(draft(content), CALLER)
    assert [call.outcome for call in calls] == [outcome]


async def test_an_answer_that_the_bus_does_not_take_is_a_failure() -> None:
    async def answer() -> str:
        return "text"

    class Disguise(Plugin[PluginSettings]):
        @hookimpl
        async def transform_message(self, draft: MessageDraft) -> MessageDraft:
            return replace(draft, author_name="Somebody else")

    for kind in (plugin_with("check_message", answer), plugin_with("transform_message", answer), Disguise):
        kit, calls = watched(kind)
        with pytest.raises(PluginFailed):
            await ask(kit.hooks, next(hook for hook in vars(kind) if hook in RUN_TIME_HOOKS))
        assert [call.outcome for call in calls] == ["failed WrongAnswer"]


async def test_what_an_observer_returns_is_no_answer() -> None:
    async def tell() -> str:
        return "told"

    kit, calls = watched(plugin_with("on_event", tell))
    await kit.hooks.on_event("mine", EVENT)
    assert [call.outcome for call in calls] == ["passed"]


async def test_a_hook_that_outlasts_its_deadline_is_late() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    calls: list[HookCall] = []
    kit = Kit(plugin_with("check_message", wait))
    kit.manager.watch(calls.append)
    with pytest.raises(PluginFailed, match="took longer than 5 seconds"):
        await kit.hooks.check_message(DRAFT, CALLER)
    assert [call.outcome for call in calls] == ["late"]


@pytest.mark.parametrize(
    ("fails", "outcomes"), [("", ["began"]), ("begin", ["failed KeyError"]), ("end", ["began", "failed KeyError"])]
)
async def test_a_lifespan_is_reported_when_it_begins_and_when_it_fails(
    make_bus: MakeBus, fails: str, outcomes: list[str]
) -> None:
    class Living(Plugin[PluginSettings]):
        @hookimpl
        @asynccontextmanager
        async def lifespan(self) -> AsyncIterator[None]:
            if fails == "begin":
                raise KeyError(fails)
            yield
            if fails == "end":
                raise KeyError(fails)

    kit, calls = watched(Living)
    bus = await make_bus()
    with suppress(ConfigError):
        for _, lifespan in kit.manager.lifespans(bus.app.bus):
            async with lifespan:
                pass
    assert [call.outcome for call in calls] == outcomes


async def test_whoever_comes_late_hears_of_what_follows(make_bus: MakeBus, clock: ManualClock) -> None:
    bus = await make_bus(plugins=[Gate(PluginSettings())], clock=clock)
    await bus.post("before")
    calls: list[HookCall] = []
    bus.app.manager.watch(calls.append)
    await bus.post("after")
    assert [call.hook for call in calls] == ["check_message"]


async def test_while_nobody_watches_implementations_are_called_as_they_are() -> None:
    kit = Kit(Gate)
    [item] = kit.manager.implementations("check_message")
    assert item.function == kit.plugins[0].check_message  # type: ignore[attr-defined]
