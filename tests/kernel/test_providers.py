"""What plugins offer when the bus starts, and plugins that live with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from agentchatbus import providers
from agentchatbus.errors import ConfigError, NotFound
from agentchatbus.offers import Offers
from agentchatbus.operations import Operations
from agentchatbus.plugin import Plugin, PluginSettings
from agentchatbus.plugins import PluginManager
from agentchatbus.ports.bus import Bus
from tests.kernel.plugin_kit import (
    Kit,
    Site,
    from_code,
    load,
    messages_of,
)

BUS = cast("Bus", object())
OPERATIONS = cast("Operations", object())
OFFERS = Offers((), ())


def offering(hook: str, result: str) -> Plugin[Any]:
    arguments = {"register_operations": ", bus", "register_transports": ", bus, operations, offers"}.get(hook, "")
    return from_code(f"@hookimpl\ndef {hook}(self{arguments}):\n    return {result}")


PROVIDERS: dict[str, tuple[str, Callable[[PluginManager], list[tuple[str, Any]]]]] = {
    "register_storage": ("StorageOffer(name='it', open=None)", lambda manager: manager.storage_offers()),
    "register_search": (
        "SearchOffer(name='it', priority=1, supports=None, open=None)",
        lambda manager: manager.search_offers(),
    ),
    "register_operations": (
        "Operation(name='it', summary='', params=Params, result=None, handler=None)",
        lambda manager: manager.operations(BUS),
    ),
    "register_transports": (
        "HttpTransport(name='it', prefixes=(), app=None)",
        lambda manager: manager.transports(BUS, OPERATIONS, OFFERS),
    ),
}


def offered(hook: str) -> list[tuple[str, str]]:
    """Return what two plugins offer, the second one twice."""
    offer, ask = PROVIDERS[hook]
    manager = load(("one", offering(hook, f"[{offer}]")), ("two", offering(hook, f"({offer}, {offer})")))
    return [(plugin, found.name) for plugin, found in ask(manager)]


def test_register_storage_offers_come_with_their_plugins_names(site: Site) -> None:
    assert offered("register_storage") == [("one", "it"), ("two", "it"), ("two", "it")]


def test_register_search_offers_come_with_their_plugins_names(site: Site) -> None:
    assert offered("register_search") == [("one", "it"), ("two", "it"), ("two", "it")]


def test_register_operations_offers_come_with_their_plugins_names(site: Site) -> None:
    assert offered("register_operations") == [("one", "it"), ("two", "it"), ("two", "it")]


def test_register_transports_offers_come_with_their_plugins_names(site: Site) -> None:
    assert offered("register_transports") == [("one", "it"), ("two", "it"), ("two", "it")]


@pytest.mark.parametrize("hook", PROVIDERS)
@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("1 / 0", "Plugin 'mine' failed in {hook} (ZeroDivisionError: division by zero). Repair it, or disable it"),
        ("None", "Plugin 'mine' has to return a list of "),
        ("['it']", "Plugin 'mine' has to return a list of "),
        ("self.refuse()", "Plugin 'mine': Give me a file."),
        ("self.leave()", "Plugin 'mine' failed in {hook} (SystemExit: 3). Repair it, or disable it"),
    ],
)
def test_a_provider_that_fails_is_named(site: Site, hook: str, result: str, message: str) -> None:
    plugin = offering(hook, result)
    plugin.__dict__["refuse"] = refuse
    plugin.__dict__["leave"] = lambda: sys.exit(3)
    with pytest.raises(ConfigError) as caught:
        PROVIDERS[hook][1](load(("mine", plugin)))
    assert message.format(hook=hook) in str(caught.value)


def refuse() -> None:
    raise ConfigError("Give me a file.")


def living(log: list[str], body: str) -> Plugin[Any]:
    plugin = from_code(f"@hookimpl\n@asynccontextmanager\nasync def lifespan(self, bus):\n{body}")
    plugin.__dict__["log"] = log
    return plugin


LIFE = "    self.log.append('{0} begins')\n    yield\n    self.log.append('{0} ends')"


async def test_lifespan_is_entered_in_order_and_left_in_reverse(site: Site) -> None:
    log: list[str] = []
    manager = load(("one", living(log, LIFE.format("one"))), ("two", living(log, LIFE.format("two"))))
    async with AsyncExitStack() as stack:
        for _, context in manager.lifespans(BUS):
            await stack.enter_async_context(context)
        assert log == ["one begins", "two begins"]
    assert log[2:] == ["two ends", "one ends"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    1 / 0\n    yield", "Plugin 'mine' failed in lifespan (ZeroDivisionError"),
        ("    raise SystemExit(3)\n    yield", "Plugin 'mine' failed in lifespan (SystemExit: 3)"),
        ("    raise KeyboardInterrupt\n    yield", "Plugin 'mine' failed in lifespan (KeyboardInterrupt"),
        ("    raise ConfigError('No key.')\n    yield", "Plugin 'mine': No key."),
        ("    import asyncio\n    raise asyncio.CancelledError\n    yield", "Plugin 'mine' ended its lifespan before"),
    ],
)
async def test_a_lifespan_that_fails_at_the_start_is_named(site: Site, body: str, message: str) -> None:
    [(_, context)] = load(("mine", living([], body))).lifespans(BUS)
    with pytest.raises(ConfigError) as caught:
        await context.__aenter__()
    assert message in str(caught.value)


def test_a_lifespan_that_is_no_context_manager_is_named(site: Site) -> None:
    manager = load(("mine", from_code("@hookimpl\ndef lifespan(self): ...")))
    with pytest.raises(ConfigError, match="Plugin 'mine' has to return an asynchronous context manager"):
        manager.lifespans(BUS)


async def test_a_lifespan_that_fails_later_leaves_the_bus_running(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    body = (
        "    import asyncio\n    async with asyncio.TaskGroup() as group:\n"
        "        group.create_task(self.fail())\n        yield"
    )
    plugin = living([], body)
    go, failed = asyncio.Event(), asyncio.Event()

    async def fail() -> None:
        await go.wait()
        failed.set()
        raise OSError("gone")

    plugin.__dict__["fail"] = fail
    [(_, context)] = load(("mine", plugin)).lifespans(BUS)
    async with context:
        go.set()
        await failed.wait()
        for _ in range(5):
            await asyncio.sleep(0)
    assert "Plugin mine failed in its lifespan" in messages_of(caplog, "ERROR")


async def test_a_lifespan_that_does_not_end_does_not_hold_the_bus(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(providers, "FAREWELL", 0.01)
    [(_, context)] = load(
        ("mine", living([], "    import asyncio\n    yield\n    await asyncio.Event().wait()"))
    ).lifespans(BUS)
    async with context:
        pass
    assert "Plugin mine did not end its lifespan" in messages_of(caplog, "WARNING")


@pytest.mark.parametrize("turns_before", range(4))
async def test_a_start_that_is_cut_short_ends_the_lifespan(
    site: Site, turns_before: int, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []
    body = (
        "    import asyncio\n    self.log.append('begins')\n    try:\n        await asyncio.sleep(0)\n        yield\n"
        "    finally:\n        self.log.append('ends')"
    )
    [(_, context)] = load(("mine", living(log, body))).lifespans(BUS)
    start: asyncio.Task[None] = asyncio.create_task(context.__aenter__())
    for _ in range(turns_before):
        await asyncio.sleep(0)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert log in ([], ["begins", "ends"])
    assert caplog.records == []


def test_enabling_a_plugin_that_is_not_active_names_the_nearest() -> None:
    class Gate(Plugin[PluginSettings]):
        """Does nothing."""

    with pytest.raises(NotFound, match=r"no active plugin named 'gaet'\. Did you mean 'gate'"):
        Kit(Gate).manager.enable("gaet")


async def test_a_lifespan_that_does_not_begin_fails_the_start_in_its_name(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(providers, "START_WARNING", 0.01)
    monkeypatch.setattr(providers, "START_LIMIT", 0.02)
    log: list[str] = []
    body = (
        "    import asyncio\n    try:\n        await asyncio.Event().wait()\n        yield\n"
        "    finally:\n        self.log.append('ends')"
    )
    [(_, context)] = load(("mine", living(log, body))).lifespans(BUS)
    with pytest.raises(ConfigError, match="Plugin 'mine' did not begin its lifespan within"):
        await context.__aenter__()
    assert log == ["ends"]
    assert "Plugin mine has not begun its lifespan" in messages_of(caplog, "WARNING")
    assert messages_of(caplog, "ERROR") == ""


async def test_a_lifespan_that_exits_at_its_end_leaves_the_bus_running(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    [(_, context)] = load(("mine", living([], "    yield\n    raise SystemExit"))).lifespans(BUS)
    async with context:
        pass
    assert "Plugin mine failed in its lifespan" in messages_of(caplog, "ERROR")
