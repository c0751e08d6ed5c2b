"""Hooks that do not end in time, and callers who do not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agentchatbus import deadlines
from agentchatbus.errors import PluginFailed, Rejected
from agentchatbus.hooks import Hooks
from agentchatbus.plugin import hookimpl
from agentchatbus.plugins import PluginState
from tests.kernel.plugin_kit import (
    ACTION,
    EVENT,
    Base,
    Kit,
    LeapingClock,
    forever,
    messages_of,
    plugin_with,
    turns,
)


async def swallowing() -> None:
    for _ in range(20):
        try:
            await forever()
        except asyncio.CancelledError:
            continue


class TickingClock(LeapingClock):
    """For those that never wait, so that nothing leaps."""

    def monotonic(self) -> float:
        self.elapsed += 0.1
        return self.elapsed


async def spinning() -> None:
    for _ in range(1000):
        await asyncio.sleep(0)


async def spinning_on() -> None:
    for _ in range(1000):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            continue


async def stubborn() -> None:
    try:
        await forever()
    except asyncio.CancelledError:
        await forever()


STUBBORN_TASKS: set[asyncio.Task[None]] = set()
"""Held, because the garbage collector complains of a pending task that nobody holds, whenever it happens to run."""


@pytest.fixture(autouse=True)
async def end_stubborn_tasks() -> AsyncIterator[None]:
    yield
    for _ in range(10):
        for task in STUBBORN_TASKS:
            task.cancel()
        await asyncio.sleep(0)


async def waiting_for_a_stubborn_task() -> None:
    task = asyncio.create_task(stubborn())
    STUBBORN_TASKS.add(task)
    task.add_done_callback(STUBBORN_TASKS.discard)
    await task


async def failing_when_cancelled() -> None:
    try:
        await forever()
    except asyncio.CancelledError:
        raise Rejected("Too late to say so.") from None


@pytest.mark.parametrize(
    "behaviour",
    [forever, swallowing, spinning, spinning_on, waiting_for_a_stubborn_task, failing_when_cancelled],
    ids=lambda function: function.__name__,
)
@pytest.mark.parametrize("hook", ["check_action", "on_event"])
async def test_an_overrun_deadline_is_a_failure_whatever_the_plugin_does(
    behaviour: Any, hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock = TickingClock() if behaviour in (spinning, spinning_on) else LeapingClock()
    kit = Kit(plugin_with(hook, behaviour), clock=clock)
    if hook == "on_event":
        await kit.hooks.on_event("mine", EVENT)
    else:
        with pytest.raises(PluginFailed, match="Plugin 'mine' took longer than 5 seconds in check_action"):
            await kit.hooks.check_action(ACTION)
    assert messages_of(caplog, "ERROR") == f"Plugin mine took longer than 5 seconds in {hook}"
    assert 5 <= clock.elapsed <= 5 + 2 * deadlines.GRACE


async def test_a_late_plugin_has_time_to_clean_up() -> None:
    log = []

    async def tidy() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            log.append("closed")

    with pytest.raises(PluginFailed):
        await Kit(plugin_with("check_action", tidy), clock=LeapingClock()).hooks.check_action(ACTION)
    assert log == ["closed"]


async def test_a_plugin_that_does_not_let_itself_be_ended_is_left_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempts = 3

    async def immortal() -> None:
        for _ in range(attempts):
            try:
                await forever()
            except BaseException:
                continue

    with pytest.raises(PluginFailed):
        await Kit(plugin_with("check_action", immortal), clock=LeapingClock()).hooks.check_action(ACTION)
    assert "did not let itself be ended" in messages_of(caplog, "WARNING")


async def test_each_implementation_has_a_deadline_of_its_own() -> None:
    clock = LeapingClock()

    class Slow(Base):
        @hookimpl
        async def check_action(self) -> None:
            await clock.wait_for(asyncio.Event(), 0.5)

    class Slower(Slow):
        """Takes as long."""

    kit = Kit(Slow, Slower, clock=clock)
    await Hooks(kit.manager, clock=clock, deadline=100).check_action(ACTION)


async def test_a_plugin_may_use_timeouts_task_groups_threads_and_shared_futures() -> None:
    shared = asyncio.get_running_loop().create_future()
    task = asyncio.current_task()

    async def busy() -> None:
        assert asyncio.current_task() is not None
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await forever()
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        assert await asyncio.to_thread(int, "7") == 7
        assert await asyncio.wait_for(asyncio.shield(shared), 10) == "here"
        await shared

    hooks = Kit(plugin_with("check_action", busy)).hooks
    calls = [asyncio.create_task(hooks.check_action(ACTION)) for _ in range(3)]
    asyncio.get_running_loop().call_soon(shared.set_result, "here")
    await asyncio.gather(*calls, hooks.check_action(ACTION))
    assert task is not None
    assert task.cancelling() == 0


async def test_two_calls_may_wait_for_one_future() -> None:
    shared: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = []

    async def share() -> None:
        waiting.append(True)
        await shared

    hooks = Kit(plugin_with("check_action", share)).hooks
    calls = [asyncio.create_task(hooks.check_action(ACTION)) for _ in range(2)]
    await turns(lambda: len(waiting) == 2)
    asyncio.get_running_loop().call_soon(shared.set_result, None)
    await shared  # a future that was left marked as awaited would refuse this
    await asyncio.gather(*calls)


async def test_an_exception_of_what_a_plugin_awaits_is_raised_inside_it() -> None:
    async def careful() -> None:
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(broken.set_exception, OSError("gone"))
        with pytest.raises(OSError, match="gone"):
            await broken

    await Kit(plugin_with("check_action", careful)).hooks.check_action(ACTION)


@pytest.mark.parametrize("turns_before", [0, 1])
async def test_awaiting_something_cancelled_is_a_failure_and_cancels_nobody(turns_before: int) -> None:
    async def confused() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if turns_before:
            asyncio.get_running_loop().call_soon(future.cancel)
        else:
            future.cancel()
        await future

    with pytest.raises(PluginFailed):
        await Kit(plugin_with("check_action", confused)).hooks.check_action(ACTION)


async def test_a_timeout_of_its_own_is_no_cancellation_of_the_caller() -> None:
    async def confused() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await forever()
        gone = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(gone.cancel)
        await gone

    with pytest.raises(PluginFailed):
        await Kit(plugin_with("check_action", confused)).hooks.check_action(ACTION)


async def test_awaiting_its_own_task_is_a_failure() -> None:
    async def myself() -> None:
        task = asyncio.current_task()
        assert task is not None
        await task

    with pytest.raises(PluginFailed):
        await Kit(plugin_with("check_action", myself)).hooks.check_action(ACTION)


# A caller that goes away


@pytest.mark.parametrize(
    "behaviour",
    [forever, swallowing, spinning, spinning_on, waiting_for_a_stubborn_task, failing_when_cancelled],
    ids=lambda function: function.__name__,
)
async def test_a_caller_that_goes_away_is_cancelled_and_counts_as_no_failure(
    behaviour: Any, caplog: pytest.LogCaptureFixture
) -> None:
    begun = asyncio.Event()

    async def observed() -> None:
        begun.set()
        await behaviour()

    clock = LeapingClock()
    kit = Kit(plugin_with("check_action", observed), clock=clock)
    for _ in range(kit.manager.quarantine.limit):
        begun.clear()
        call = asyncio.create_task(kit.hooks.check_action(ACTION))
        await begun.wait()
        call.cancel("gone")
        with pytest.raises(asyncio.CancelledError):
            await call
    assert messages_of(caplog, "ERROR") == ""
    assert kit.status("mine").state is PluginState.ACTIVE
    assert clock.elapsed <= kit.manager.quarantine.limit * deadlines.GRACE


async def test_a_timeout_of_the_caller_is_the_callers() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await Kit(plugin_with("check_action", forever)).hooks.check_action(ACTION)


async def test_a_cancellation_keeps_its_message_inside_the_plugin() -> None:
    seen = []

    async def listening() -> None:
        try:
            await forever()
        except asyncio.CancelledError as error:
            seen.append(error.args)
            raise

    call = asyncio.create_task(Kit(plugin_with("check_action", listening)).hooks.check_action(ACTION))
    await asyncio.sleep(0)
    call.cancel("by a scope")
    with pytest.raises(asyncio.CancelledError):
        await call
    assert seen == [("by a scope",)]
