"""Observers are told every event after the commit, in order, and never hold anybody up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from agentchatbus import observers
from agentchatbus.events import Event
from agentchatbus.model import MessageDraft
from agentchatbus.observers import Observers
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl
from agentchatbus.plugins import PluginState
from tests.kernel.plugin_kit import CALLER, DRAFT, Kit, LeapingClock, messages_of, turns


class Feed:
    """An event log in memory; `oldest` is the first event still kept."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.oldest = 1
        self.closed = False
        self.failures: list[Exception] = []
        self._news = asyncio.Event()

    @property
    def newest(self) -> int:
        return len(self.events)

    def commit(self, count: int = 1) -> int:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        for _ in range(count):
            self.events.append(Event(id=self.newest + 1, type="msg.new", thread_id=None, payload={}, created_at=at))
        self._wake()
        return self.newest

    def close(self) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def read(self, after: int, limit: int = 100) -> Sequence[Event] | None:
        if self.failures:
            raise self.failures.pop()
        return None if after < self.oldest - 1 else self.events[after : after + limit]

    async def wait(self, after: int, timeout: float | None = None) -> bool:
        while after >= self.newest and not self.closed:
            await self._news.wait()
        return not self.closed


class Told(Plugin[PluginSettings]):
    """Keeps the ids it is told; fails on some, hangs on one until the gate opens."""

    fails_on: Sequence[int] = ()
    hangs_on = 0

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self.ids: list[int] = []
        self.gate = asyncio.Event()

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.ids.append(event.id)
        if event.id in self.fails_on:
            raise OSError("no network")
        if event.id == self.hangs_on:
            await self.gate.wait()


class Other(Told):
    """A second observer."""


class Hanging(Told):
    """Hangs on the first event."""

    hangs_on = 1


class Failing(Told):
    """Fails on many events."""

    fails_on = range(1, 6)


def told(kit: Kit) -> list[list[int]]:
    return [plugin.ids for plugin in kit.plugins if isinstance(plugin, Told)]


async def test_on_event_is_called_in_the_order_of_ids_for_every_plugin() -> None:
    kit, feed = Kit(Told, Other), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(150)
        await runner.drain()
        assert told(kit) == [list(range(1, 151))] * 2


async def test_on_event_starts_with_what_comes_after_the_start() -> None:
    kit, feed = Kit(Told), Feed()
    feed.commit(3)
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit()
        await runner.drain()
    assert told(kit) == [[4]]


async def test_an_observer_with_much_to_read_lets_others_run() -> None:
    kit, feed = Kit(Told), Feed()
    async with Observers(kit.hooks, feed).run():
        feed.commit(50)
        await turns(lambda: 0 < len(told(kit)[0]) < 50)


async def test_a_bus_without_observers_runs() -> None:
    feed = Feed()
    runner = Observers(Kit().hooks, feed)
    async with runner.run():
        feed.commit()
        await runner.drain()


async def test_drain_waits_for_the_event_it_names_and_no_further() -> None:
    class Second(Told):
        hangs_on = 2

    kit, feed = Kit(Second), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(2)
        await runner.drain(1)
        assert told(kit)[0][0] == 1
        kit.plugins[0].__dict__["gate"].set()


async def test_a_failing_observer_is_logged_and_told_the_next_event(caplog: pytest.LogCaptureFixture) -> None:
    class Once(Told):
        fails_on = (1,)

    kit, feed = Kit(Once), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(2)
        await runner.drain()
    assert told(kit) == [[1, 2]]
    assert messages_of(caplog, "ERROR") == "Plugin once failed in on_event"


async def test_a_hanging_observer_delays_no_other_and_no_request() -> None:
    class Gate(Plugin[PluginSettings]):
        @hookimpl
        async def check_message(self, draft: MessageDraft) -> None: ...

    kit, feed = Kit(Hanging, Told, Gate), Feed()
    async with Observers(kit.hooks, feed).run():
        feed.commit(3)
        await turns(lambda: told(kit)[1] == [1, 2, 3])
        await kit.hooks.check_message(DRAFT, CALLER)
        assert told(kit)[0] == [1]
        kit.plugins[0].__dict__["gate"].set()


async def test_an_observer_that_overruns_its_deadline_is_told_the_next_event(caplog: pytest.LogCaptureFixture) -> None:
    kit, feed = Kit(Hanging, clock=LeapingClock()), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(2)
        await runner.drain()
    assert told(kit) == [[1, 2]]
    assert "took longer than 5 seconds in on_event" in messages_of(caplog, "ERROR")


async def test_an_observer_that_fails_again_and_again_is_dropped() -> None:
    kit, feed = Kit(Failing, Told), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(8)
        await runner.drain()
    assert told(kit) == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7, 8]]
    assert [body.plugin for body in kit.quarantined] == ["failing"]
    assert kit.status("failing").state is PluginState.QUARANTINED


async def test_a_dropped_observer_that_is_enabled_is_told_what_comes_from_then_on() -> None:
    kit, feed = Kit(Failing), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(8)
        await runner.drain()
        kit.manager.enable("failing")
        await turns(lambda: feed.commit() > 0 and told(kit)[0][-1] > 5)
        await runner.drain()
    [ids] = told(kit)
    assert ids[:5] == [1, 2, 3, 4, 5]
    assert ids[5] > 8
    assert ids[5:] == list(range(ids[5], feed.newest + 1))


async def test_an_observer_too_far_behind_goes_on_with_the_newest(caplog: pytest.LogCaptureFixture) -> None:
    kit, feed = Kit(Told), Feed()
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit(10)
        feed.oldest = 5
        await runner.drain()
        feed.commit()
        await runner.drain()
    assert told(kit) == [[11]]
    assert messages_of(caplog, "WARNING") == "Observer told missed the events 1 to 10"


async def test_a_feed_that_cannot_be_read_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(observers, "RETRY_AFTER", 0)
    kit, feed = Kit(Told), Feed()
    feed.failures = [OSError("disk"), OSError("disk")]
    runner = Observers(kit.hooks, feed)
    async with runner.run():
        feed.commit()
        await runner.drain()
    assert told(kit) == [[1]]
    assert "Observer told cannot read the events after 0" in messages_of(caplog, "ERROR")


@pytest.mark.parametrize("is_closed", [False, True])
async def test_what_is_committed_when_the_bus_stops_is_still_delivered(is_closed: bool) -> None:
    kit, feed = Kit(Told, Other), Feed()
    async with Observers(kit.hooks, feed).run():
        feed.commit(2)
        if is_closed:
            feed.close()
            await turns(lambda: told(kit) == [[1, 2], [1, 2]])
        feed.commit(300)
    assert told(kit) == [list(range(1, 303))] * 2


@pytest.mark.parametrize("swallows", [False, True])
async def test_an_observer_that_hangs_does_not_keep_the_bus_from_stopping(
    swallows: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(observers, "FAREWELL", 0.01)

    class Stuck(Plugin[PluginSettings]):
        @hookimpl
        async def on_event(self) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallows:
                    await asyncio.Event().wait()
                raise

    feed = Feed()
    async with Observers(Kit(Stuck, Told).hooks, feed).run():
        feed.commit()
        feed.close()
    assert "not told of everything" in messages_of(caplog, "WARNING")
    assert any("observer stuck" in task.get_name() for task in asyncio.all_tasks()) == swallows


async def test_a_stop_that_is_itself_cut_short_leaves_no_task_behind() -> None:
    kit, feed = Kit(Hanging), Feed()

    async def live() -> None:
        async with Observers(kit.hooks, feed).run():
            feed.commit()
            await asyncio.Event().wait()

    bus: asyncio.Task[Any] = asyncio.create_task(live())
    await turns(lambda: told(kit) == [[1]])
    bus.cancel()
    await asyncio.sleep(0)
    bus.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bus
    await turns(lambda: asyncio.all_tasks() == {asyncio.current_task()})
