"""Long texts wait for their turn; that there are too many of them is never a failure of the plugin."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from random import Random

import pytest

from agentchatbus.clock import SystemClock
from agentchatbus.plugin_api import MessageDraft, Posted, Rejected, Unavailable
from agentchatbus.plugins import PluginState
from agentchatbus.testing import BusHarness, MakeBus
from agentchatbus_secrets import SecretsPlugin, SecretsSettings
from agentchatbus_secrets.scanner import Scanner
from agentchatbus_secrets.turns import GivenUp, Turns
from tests.plugins.rest_kit import open_rest
from tests.plugins.secrets_corpus.harmless import uuid
from tests.plugins.secrets_corpus.tokens import BARE

RANDOM = Random(12)
LINES = "".join(f'{{"id": {number}, "token": "{uuid(RANDOM)}", "ok": true}}\n' for number in range(3500))
"""Some 256 KB of what agents post without harm."""

KEY = BARE["AWS Access Key ID"][0](RANDOM)
NO_TIME = 1e-9
SOON = 0.05
"""Seconds, in the tests that wait until a time is over."""


def secrets(**settings: object) -> SecretsPlugin:
    return SecretsPlugin(SecretsSettings.model_validate(settings))


def state_of_the_filter(bus: BusHarness) -> PluginState:
    return {status.name: status.state for status in bus.app.manager.statuses()}["secrets"]


@pytest.mark.parametrize("mode", ["block", "redact"])
async def test_many_long_posts_at_once_are_stored_or_asked_to_come_again(make_bus: MakeBus, mode: str) -> None:
    bus = await make_bus(plugins=[secrets(mode=mode, time_limit=1.0)], clock=SystemClock())
    burst = [asyncio.create_task(bus.post(LINES)) for _ in range(45)]
    posts = await asyncio.gather(*burst, return_exceptions=True)
    assert [post for post in posts if not isinstance(post, Posted | Unavailable)] == []
    assert state_of_the_filter(bus) is PluginState.ACTIVE
    assert len(await bus.messages()) == sum(isinstance(post, Posted) for post in posts)


async def test_a_short_post_waits_for_no_long_one(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()], clock=SystemClock())
    await bus.post("the detectors are built now")
    burst = [asyncio.create_task(bus.post(LINES)) for _ in range(20)]
    short = await bus.post("I want to say something")
    with pytest.raises(Rejected):
        await bus.post(KEY)
    await asyncio.gather(*burst, return_exceptions=True)
    assert short.message in await bus.messages()
    assert state_of_the_filter(bus) is PluginState.ACTIVE


@pytest.mark.parametrize("mode", ["block", "redact"])
async def test_a_text_for_which_there_is_no_time_is_refused_and_the_plugin_stays(make_bus: MakeBus, mode: str) -> None:
    bus = await make_bus(plugins=[secrets(mode=mode, time_limit=NO_TIME)], clock=SystemClock())
    for _ in range(20):
        with pytest.raises(Unavailable, match="Try again in a moment, or send a shorter text"):
            await bus.post(LINES)
    assert state_of_the_filter(bus) is PluginState.ACTIVE
    assert await bus.messages() == []


async def test_rest_says_when_to_come_again(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[secrets(time_limit=NO_TIME)])
    answer = await rest.post(LINES)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert "Try again in a moment" in answer.text


async def test_long_metadata_waits_too(make_bus: MakeBus) -> None:
    plugin = secrets(mode="redact", time_limit=NO_TIME)
    bus = await make_bus(plugins=[plugin], clock=SystemClock())
    draft = MessageDraft(thread_id=bus.thread, content="short", metadata={"lines": LINES})
    with pytest.raises(Unavailable):
        await plugin.transform_message(draft)


async def when_free(turns: Turns) -> None:
    """Wait until the thread takes new work, as a caller does who tries again."""
    while True:
        try:
            return await turns.take(lambda _: None)
        except Unavailable:
            continue


async def test_what_waited_too_long_never_begins() -> None:
    free, begun = threading.Event(), list[str]()
    with Turns(SOON) as turns:
        first, second = turns.take(lambda _: free.wait()), turns.take(lambda _: begun.append("second"))
        refused = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(refusal) for refusal in refused] == [Unavailable, Unavailable]
        free.set()
        await when_free(turns)
    assert begun == []


async def test_what_nobody_waits_for_any_more_never_begins() -> None:
    free, occupied, begun = threading.Event(), asyncio.Event(), list[str]()
    loop = asyncio.get_running_loop()

    def occupy(_: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(occupied.set)
        free.wait()

    with Turns(60.0) as turns:
        first = asyncio.create_task(turns.take(occupy))
        await occupied.wait()
        second = asyncio.create_task(turns.take(lambda _: begun.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        free.set()
        await first
        await turns.take(lambda _: None)
    assert (second.cancelled(), begun) == (True, [])


async def test_work_that_is_given_up_makes_room_when_it_looks() -> None:
    def endless(halt: Callable[[], None]) -> None:
        while True:
            halt()

    with Turns(SOON) as turns:
        with pytest.raises(Unavailable):
            await turns.take(endless)
        await when_free(turns)


def test_a_scan_looks_whether_somebody_waits_within_its_longest_part() -> None:
    left = 100

    def halt() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise GivenUp

    scanner = Scanner()
    for look in (scanner.halting(halt).first, scanner.halting(halt).redact):
        left = 100
        with pytest.raises(GivenUp):
            look(LINES)
    assert scanner.first(LINES) is None
