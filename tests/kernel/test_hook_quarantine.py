"""Plugins that fail again and again, or would end the program."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.errors import PluginFailed, Rejected
from agentchatbus.events import Event, PluginQuarantined
from agentchatbus.model import Caller, CallerKind
from agentchatbus.operations import Action
from agentchatbus.plugin import hookimpl
from agentchatbus.plugins import PluginState
from tests.kernel.plugin_kit import (
    ACTION,
    CALLER,
    DRAFT,
    EVENT,
    RUN_TIME_HOOKS,
    THREAD,
    Base,
    Kit,
    LeapingClock,
    ask,
    forever,
    messages_of,
    plugin_with,
)


class Flaky(Base):
    """Fails while it is told to."""

    failing = True

    @hookimpl
    async def check_action(self) -> None:
        if self.failing:
            raise OSError

    @hookimpl
    async def check_message(self) -> None: ...

    @hookimpl
    async def transform_message(self) -> None: ...

    @hookimpl
    async def transform_thread(self) -> None: ...

    @hookimpl
    async def authenticate(self) -> None: ...

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.told.append(event)


async def fail(kit: Kit, times: int) -> None:
    for _ in range(times):
        with pytest.raises(PluginFailed):
            await kit.hooks.check_action(ACTION)


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_a_plugin_that_fails_again_and_again_is_quarantined_in_all_its_hooks(hook: str) -> None:
    kit = Kit(Flaky)
    await fail(kit, 5)
    with pytest.raises(PluginFailed) as caught:
        await ask(kit.hooks, hook)
    assert caught.value.message == (
        "Plugin 'flaky' is quarantined (5 failures within 60 seconds, the last one in check_action); "
        "it refuses until an operator enables it or the bus restarts."
    )
    assert not await kit.hooks.on_event("flaky", EVENT)
    assert kit.plugins[0].__dict__["told"] == []


async def test_a_quarantine_is_announced_once_and_shown() -> None:
    kit = Kit(Flaky)
    await fail(kit, 4)
    assert kit.quarantined == []
    await fail(kit, 5)
    reason = "5 failures within 60 seconds, the last one in check_action"
    assert kit.quarantined == [PluginQuarantined(plugin="flaky", hook="check_action", reason=reason)]
    assert kit.status("flaky").state is PluginState.QUARANTINED
    assert kit.status("flaky").reason == f"Its hooks refuse: {reason}"


async def test_failures_far_apart_are_no_reason_for_a_quarantine() -> None:
    clock = LeapingClock()
    kit = Kit(Flaky, clock=clock)
    for _ in range(20):
        await fail(kit, 1)
        clock.elapsed += 16
    assert kit.quarantined == []


async def test_refusals_are_no_reason_for_a_quarantine() -> None:
    async def refuse() -> None:
        raise Rejected("No.")

    kit = Kit(plugin_with("check_action", refuse))
    for _ in range(20):
        with pytest.raises(Rejected):
            await kit.hooks.check_action(ACTION)
    assert kit.quarantined == []


async def test_a_quarantined_plugin_can_be_enabled_and_starts_anew() -> None:
    kit = Kit(Flaky)
    await fail(kit, 5)
    assert kit.manager.enable("flaky")
    await fail(kit, 4)
    kit.plugins[0].__dict__["failing"] = False
    await kit.hooks.check_action(ACTION)
    assert await kit.hooks.on_event("flaky", EVENT)
    assert kit.status("flaky").state is PluginState.ACTIVE
    assert not kit.manager.enable("flaky")


async def test_an_observer_that_fails_is_dropped_alone() -> None:
    class Half(Base):
        @hookimpl
        async def check_action(self) -> None: ...

        @hookimpl
        async def on_event(self) -> None:
            raise OSError

    kit = Kit(Half)
    assert [await kit.hooks.on_event("half", EVENT) for _ in range(5)] == [True] * 4 + [False]
    await kit.hooks.check_action(ACTION)
    assert kit.status("half").state is PluginState.QUARANTINED
    assert kit.status("half").reason.startswith("Only its observer is not called: 5 failures")
    assert [body.hook for body in kit.quarantined] == ["on_event"]


async def test_calls_that_fail_together_announce_one_quarantine() -> None:
    kit = Kit(plugin_with("check_action", forever), clock=LeapingClock())
    calls = [kit.hooks.check_action(ACTION) for _ in range(30)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {PluginFailed}
    assert len(kit.quarantined) == 1


async def test_a_hook_without_implementations_lets_everything_through() -> None:
    hooks = Kit().hooks
    await hooks.check_action(Action(operation="msg_post", caller=Caller(kind=CallerKind.GUEST), arguments={}))
    assert await hooks.transform_message(DRAFT, CALLER) is DRAFT
    assert await hooks.transform_thread(THREAD, CALLER) is THREAD


# What would end the program


QUITS = [SystemExit, KeyboardInterrupt, GeneratorExit]


@pytest.mark.parametrize("quit_with", QUITS)
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_a_gate_that_would_end_the_program_fails_in_its_own_name(
    hook: str, waits: bool, quit_with: type[BaseException]
) -> None:
    async def leave() -> None:
        if waits:
            await asyncio.sleep(0)
        raise quit_with

    kit = Kit(plugin_with(hook, leave))
    for _ in range(5):
        with pytest.raises(PluginFailed, match="'mine'"):
            await ask(kit.hooks, hook)
    assert kit.status("mine").state is PluginState.QUARANTINED


@pytest.mark.parametrize("quit_with", QUITS)
async def test_an_observer_that_would_end_the_program_is_logged(
    quit_with: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        raise quit_with

    assert await Kit(plugin_with("on_event", leave)).hooks.on_event("mine", EVENT)
    assert "Plugin mine failed in on_event" in messages_of(caplog, "ERROR")


async def test_a_late_hook_that_exits_while_it_is_ended_is_only_late() -> None:
    async def cling() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                pass
            except GeneratorExit:
                raise SystemExit from None

    kit = Kit(plugin_with("check_action", cling), clock=LeapingClock())
    with pytest.raises(PluginFailed, match="took longer than"):
        await kit.hooks.check_action(ACTION)


@pytest.mark.parametrize(
    ("hook", "draft"),
    [
        ("transform_message", replace(DRAFT, content="half \ud800")),
        ("transform_thread", replace(THREAD, topic="half \udfff")),
        ("transform_thread", replace(THREAD, system_prompt="half \ud800")),
    ],
)
async def test_text_that_utf_8_cannot_write_is_the_plugins_failure(
    hook: str, draft: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer() -> Any:
        return draft

    with pytest.raises(PluginFailed, match="'mine'"):
        await ask(Kit(plugin_with(hook, answer)).hooks, hook)
    assert "surrogate" in caplog.text
