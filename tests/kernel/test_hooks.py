"""The run-time hooks: order, answers, failures, deadlines, quarantine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agentchatbus import deadlines
from agentchatbus.errors import BusError, PluginFailed, Rejected, Unauthenticated
from agentchatbus.events import Event, PluginQuarantined
from agentchatbus.hooks import Hooks
from agentchatbus.model import Caller, CallerKind, Credentials, MessageDraft, Role, ThreadDraft, freeze
from agentchatbus.operations import Action
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl
from agentchatbus.plugins import PluginState
from tests.kernel.plugin_kit import ACTION, CALLER, DRAFT, Kit, LeapingClock, messages_of, turns

EVENT = Event(id=1, type="msg.new", thread_id="t1", payload={}, created_at=datetime(2026, 1, 1, tzinfo=UTC))
THREAD = ThreadDraft(topic="plans")
CREDENTIALS = Credentials()
RUN_TIME_HOOKS = ["authenticate", "check_action", "check_message", "transform_thread", "transform_message"]


class Base(Plugin[PluginSettings]):
    """A plugin that keeps what it was told."""

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self.told: list[Any] = []


def plugin_with(hook: str, behaviour: Any) -> type[Plugin[Any]]:
    """Return a plugin class whose one hook does something; it takes no arguments."""

    async def implementation(self: Any) -> Any:
        return await behaviour()

    implementation.__name__ = hook
    return type("Mine", (Plugin,), {hook: hookimpl(implementation)})


async def ask(hooks: Hooks, hook: str) -> Any:
    arguments: dict[str, tuple[Any, ...]] = {
        "authenticate": (CREDENTIALS,),
        "check_action": (ACTION,),
        "check_message": (DRAFT, CALLER),
        "transform_thread": (THREAD, CALLER),
        "transform_message": (DRAFT, CALLER),
    }
    return await getattr(hooks, hook)(*arguments[hook])


# What each hook does


async def test_authenticate_takes_the_first_answer() -> None:
    class Silent(Base):
        @hookimpl
        async def authenticate(self, credentials: Credentials) -> None:
            self.told.append(credentials)

    class Knowing(Base):
        @hookimpl
        async def authenticate(self) -> Caller:
            return CALLER

    class Later(Silent):
        """Is not asked."""

    kit = Kit(Silent, Knowing, Later)
    assert await kit.hooks.authenticate(CREDENTIALS) is CALLER
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[CREDENTIALS], [], []]


async def test_authenticate_is_none_when_nobody_knows_the_caller() -> None:
    assert await Kit().hooks.authenticate(CREDENTIALS) is None


async def test_authenticate_passes_a_refusal_on() -> None:
    class Strict(Base):
        @hookimpl
        async def authenticate(self) -> None:
            raise Unauthenticated("Wrong badge.")

    with pytest.raises(Unauthenticated, match="Wrong badge"):
        await Kit(Strict).hooks.authenticate(CREDENTIALS)


async def test_check_action_asks_every_plugin_until_one_refuses() -> None:
    class Open(Base):
        @hookimpl
        async def check_action(self, action: Action) -> None:
            self.told.append(action)

    class Shut(Base):
        @hookimpl
        async def check_action(self) -> None:
            raise Rejected("Not today.")

    class Later(Open):
        """Is not asked."""

    kit = Kit(Open, Shut, Later)
    with pytest.raises(Rejected, match="Not today"):
        await kit.hooks.check_action(ACTION)
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[ACTION], [], []]


async def test_check_message_is_given_the_draft_and_the_caller() -> None:
    class Curious(Base):
        @hookimpl
        async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
            self.told += [draft, caller]

    class Swapped(Base):
        @hookimpl
        async def check_message(self, caller: Caller, draft: MessageDraft) -> None:
            self.told += [draft, caller]

    kit = Kit(Curious, Swapped)
    await kit.hooks.check_message(DRAFT, CALLER)
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[DRAFT, CALLER], [DRAFT, CALLER]]


async def test_transform_thread_is_a_chain() -> None:
    class Louder(Base):
        @hookimpl
        async def transform_thread(self, draft: ThreadDraft) -> ThreadDraft:
            return replace(draft, topic=draft.topic.upper())

    class Silent(Base):
        @hookimpl
        async def transform_thread(self) -> None: ...

    class Longer(Base):
        @hookimpl
        async def transform_thread(self, draft: ThreadDraft, caller: Caller) -> ThreadDraft:
            return replace(draft, topic=f"{draft.topic} by {caller.name}")

    changed = await Kit(Louder, Silent, Longer).hooks.transform_thread(THREAD, CALLER)
    assert changed.topic == "PLANS by ann"


class Marking(Base):
    @hookimpl
    async def transform_message(self, draft: MessageDraft) -> MessageDraft:
        self.mentions = ["nova"]
        return replace(draft, content=draft.content + "!", metadata={"mentions": self.mentions})


async def test_transform_message_is_a_chain() -> None:
    class Again(Marking):
        """Changes what the one before returned."""

    changed = await Kit(Marking, Again).hooks.transform_message(DRAFT, CALLER)
    assert changed == replace(DRAFT, content="hello!!", metadata=freeze({"mentions": ["nova"]}))


async def test_transform_message_leaves_nothing_that_a_plugin_could_change_later() -> None:
    kit = Kit(Marking)
    changed = await kit.hooks.transform_message(DRAFT, CALLER)
    kit.plugins[0].__dict__["mentions"].append("zoe")
    assert changed.metadata["mentions"] == ("nova",)
    with pytest.raises(TypeError):
        changed.metadata["more"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        {"thread_id": "t2"},
        {"author": "human"},
        {"author_id": None},
        {"author_name": "Zoe"},
        {"role": Role.SYSTEM},
        {"content": None},
        {"metadata": "text"},
    ],
)
async def test_transform_message_may_not_change_what_is_the_buss(change: dict[str, Any]) -> None:
    async def forge() -> MessageDraft:
        return replace(DRAFT, **change)

    with pytest.raises(PluginFailed, match="Plugin 'mine' failed in transform_message"):
        await Kit(plugin_with("transform_message", forge)).hooks.transform_message(DRAFT, CALLER)


async def test_on_event_tells_one_plugin_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Told(Base):
        @hookimpl
        async def on_event(self, event: Event) -> None:
            self.told.append(event)
            raise OSError("no network")

    class Other(Told):
        """Is told by its own observer."""

    kit = Kit(Told, Other)
    assert kit.hooks.observers() == ["told", "other"]
    assert await kit.hooks.on_event("told", EVENT)
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[EVENT], []]
    assert messages_of(caplog, "ERROR") == "Plugin told failed in on_event"


# What goes wrong


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_a_plugins_refusal_arrives_unchanged(hook: str) -> None:
    refusal = BusError("No.", why="because")

    async def refuse() -> None:
        raise refusal

    with pytest.raises(BusError) as caught:
        await ask(Kit(plugin_with(hook, refuse)).hooks, hook)
    assert caught.value is refusal


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_any_other_exception_names_the_plugin_and_tells_nothing_else(
    hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise KeyError("internal detail")

    with pytest.raises(PluginFailed) as caught:
        await ask(Kit(plugin_with(hook, fail)).hooks, hook)
    assert caught.value.message == (
        f"Plugin 'mine' failed in {hook}, so the request was refused; the log of the bus says why."
    )
    assert caught.value.details == {"plugin": "mine", "hook": hook}
    assert "internal detail" in caplog.text


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_an_answer_of_another_type_is_a_failure(hook: str) -> None:
    async def nonsense() -> bool:
        return False

    with pytest.raises(PluginFailed):
        await ask(Kit(plugin_with(hook, nonsense)).hooks, hook)


async def test_a_decorator_that_hides_a_plain_function_is_a_failure() -> None:
    class Mine(Base):
        @hookimpl
        async def check_action(self) -> None: ...

    def plain(self: object) -> None: ...

    plain.__wrapped__ = Mine.check_action  # type: ignore[attr-defined]
    plain.agentchatbus_impl = Mine.check_action.agentchatbus_impl  # type: ignore[attr-defined]
    Mine.check_action = plain  # type: ignore[method-assign, assignment]
    with pytest.raises(PluginFailed):
        await Kit(Mine).hooks.check_action(ACTION)


# Deadlines


async def forever() -> None:
    await asyncio.Event().wait()


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


# Quarantine


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
