"""Where limits are counted, and what happens when that place does not answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from click.testing import CliRunner

from agentchatbus.cli import main
from agentchatbus.plugin_api import RateLimited
from agentchatbus.testing import MakeBus, ManualClock
from agentchatbus_limits import LimitsPlugin, LimitsSettings
from agentchatbus_limits.windows import MemoryWindows


@dataclass
class Place:
    """Where a storage of a test keeps its counts, and what is wrong with it."""

    uri: str = field(default_factory=lambda: f"elsewhere://{uuid4().hex}")
    clock: ManualClock = field(default_factory=ManualClock)
    problem: str = ""
    asked: int = 0


class ElsewhereWindows(MemoryWindows):
    """A storage that a stranger registers with the library, and that can be broken."""

    STORAGE_SCHEME: list[str] | None = ["async+elsewhere"]  # noqa: RUF012 - as the library declares it
    places: ClassVar[dict[str, Place]] = {}

    def __init__(self, uri: str, wrap_exceptions: bool = False) -> None:
        self.place = self.places[uri.removeprefix("async+")]
        super().__init__(lambda: self.place.clock.now().timestamp())
        self.wrap_exceptions = wrap_exceptions

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return (LookupError,)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        await self._answer()
        return await super().acquire_entry(key, limit, expiry, amount)

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        await self._answer()
        return await super().get_moving_window(key, limit, expiry)

    async def _answer(self) -> None:
        self.place.asked += 1
        await asyncio.sleep(0)
        if self.place.problem == "hangs":
            await asyncio.Event().wait()
        elif self.place.problem == "is gone":
            raise ConnectionError("nobody listens")
        elif self.place.problem == "is broken":
            raise LookupError("what was that?")


@pytest.fixture
def place() -> Place:
    place = Place()
    ElsewhereWindows.places[place.uri] = place
    return place


def plugin(uri: str, **settings: Any) -> LimitsPlugin:
    return LimitsPlugin(LimitsSettings(storage=uri, storage_timeout_seconds=0.01, messages="2/minute", **settings))


async def test_any_storage_of_the_library_may_hold_the_counts(make_bus: MakeBus, place: Place) -> None:
    bus = await make_bus(plugins=[plugin(place.uri)], clock=place.clock)
    agent = await bus.agent("A")
    await agent.post("one")
    await bus.drain()
    place.clock.advance(20)
    await agent.post("two")
    await bus.drain()
    with pytest.raises(RateLimited) as refused:
        await agent.post("three")
    assert refused.value.retry_after == 40
    assert place.asked
    place.clock.advance(40)
    await agent.post("three")


async def test_a_burst_waits_for_a_slow_storage_and_is_limited_all_the_same(make_bus: MakeBus, place: Place) -> None:
    bus = await make_bus(plugins=[plugin(place.uri, writes="3/minute")], clock=place.clock)
    agent = await bus.agent("A")
    proof = {"agent_id": agent.agent_id, "token": agent.token}
    opened = await asyncio.gather(
        *(agent.call("thread_create", topic=str(number), **proof) for number in range(6)), return_exceptions=True
    )
    threads = [item for item in opened if not isinstance(item, BaseException)]
    assert len(threads) == 3
    posts = [
        agent.post("now", thread_id=item.thread.id, expected_last_seq=0, reply_token=item.sync.reply_token)
        for item in threads
    ]
    outcomes = await asyncio.gather(*posts, return_exceptions=True)
    assert [isinstance(outcome, RateLimited) for outcome in outcomes].count(True) == 1


@pytest.mark.parametrize("problem", ["hangs", "is gone", "is broken"])
async def test_while_the_storage_fails_limits_are_counted_in_memory(
    make_bus: MakeBus, place: Place, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    bus = await make_bus(plugins=[plugin(place.uri)], clock=place.clock)
    agent = await bus.agent("A")
    place.problem = problem
    await agent.post("one")
    await agent.post("two")
    with pytest.raises(RateLimited):
        await agent.post("three")
    await bus.drain()
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "limits are counted in memory" in errors[0]
    asked = place.asked
    with pytest.raises(RateLimited):
        await agent.post("three")
    assert place.asked == asked, "a storage that failed is left alone for a while"

    place.problem = ""
    place.clock.advance(10)
    await agent.post("the storage answers again, and knows of nothing")
    assert place.asked > asked
    assert "counts again" in caplog.text


def test_a_storage_that_has_no_moving_windows_is_refused() -> None:
    with pytest.raises(ValueError, match="no moving windows"):
        LimitsSettings(storage="memcached://localhost:11211")


@pytest.mark.parametrize("uri", ["redsi://localhost", "redis", "", "/var/limits", "redis://[::1"])
def test_an_unknown_storage_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="redis://localhost:6379"):
        LimitsSettings(storage=uri)


@pytest.mark.parametrize(
    ("uri", "module", "package"),
    [
        ("redis://someone:s3cret@localhost", "redis", "agentchatbus[redis]"),
        ("async+redis+cluster://someone:s3cret@localhost", "redis", "agentchatbus[redis]"),
        ("valkey://someone:s3cret@localhost", "valkey", "valkey"),
        ("mongodb://someone:s3cret@localhost", "motor", "motor"),
    ],
)
def test_a_storage_whose_client_is_not_installed_is_refused_when_the_configuration_is_checked(
    uri: str, module: str, package: str, tmp_path: Path
) -> None:
    if find_spec(module) is not None:
        pytest.skip(f"{module} is installed")
    file = tmp_path / "bus.toml"
    file.write_text(f"[plugins.limits]\nstorage = '{uri}'\n")
    refused = CliRunner().invoke(main, ["config", "check", "--config", str(file), "--data-dir", str(tmp_path)])
    assert refused.exit_code == 2
    assert "[plugins.limits] storage: The client of this storage is not installed" in refused.stderr
    assert f"write `pip install '{package}'`." in refused.stderr
    assert "s3cret" not in refused.output


async def test_callers_that_are_long_gone_are_forgotten() -> None:
    clock = ManualClock()
    windows = MemoryWindows(clock.monotonic)
    for number in range(5000):
        await windows.acquire_entry(f"caller {number}", 1, 60)
        clock.advance(1)
    assert await windows.reset() < 2000
