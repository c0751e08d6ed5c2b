"""Plugins are found, chosen, configured, checked and registered, or the start says why not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from agentchatbus import providers
from agentchatbus.errors import ConfigError, NotFound
from agentchatbus.offers import Offers
from agentchatbus.operations import Operations
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl
from agentchatbus.plugins import PluginManager, PluginSelection, PluginState, PluginStatus
from agentchatbus.ports.bus import Bus
from tests.kernel.plugin_kit import GATE, PREAMBLE, Kit, Site, messages_of

BUS = cast("Bus", object())
OPERATIONS = cast("Operations", object())
OFFERS = Offers((), ())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder)
    site.add("gate", GATE, distribution="agentchatbus")  # takes the place of what is really installed
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))
    yield site
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def load(*extra: tuple[str, Plugin[Any]], **selection: Any) -> PluginManager:
    manager = PluginManager(PluginSelection(**selection))
    manager.load(extra)
    return manager


def refused(*extra: tuple[str, Plugin[Any]], **selection: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(*extra, **selection)
    return str(caught.value)


def status(manager: PluginManager, name: str) -> PluginStatus:
    return next(item for item in manager.statuses() if item.name == name)


def file_plugin(folder: Path, name: str, code: str = GATE) -> Path:
    path = folder / f"{name}.py"
    path.write_text(PREAMBLE + code)
    return path


def test_an_installed_plugin_is_active_with_its_version_and_hooks(site: Site) -> None:
    site.add("filter", GATE)
    found = status(load(), "filter")
    assert found == PluginStatus(
        name="filter",
        version="1.2",
        distribution="stranger",
        hooks=("check_action",),
        state=PluginState.ACTIVE,
    )


def test_the_active_plugins_can_be_asked_by_name(site: Site) -> None:
    assert list(load().active) == ["gate"]


def test_a_disabled_plugin_is_never_imported(site: Site) -> None:
    module = site.add("filter", "raise SystemExit")
    manager = load(enable=("filter",), disable=("filter",), settings={"filter": {"no": "such key"}})
    assert status(manager, "filter").state is PluginState.DISABLED
    assert module not in sys.modules


def test_a_disabled_file_is_never_run(site: Site, tmp_path: Path) -> None:
    path = file_plugin(tmp_path, "mine", "raise SystemExit")
    assert status(load(paths=(path,), disable=("mine",)), "mine").state is PluginState.DISABLED


def test_a_list_takes_only_what_it_names(site: Site) -> None:
    module = site.add("filter", GATE)
    manager = load(enable=("gate",))
    assert status(manager, "gate").state is PluginState.ACTIVE
    assert status(manager, "filter").state is PluginState.NOT_SELECTED
    assert module not in sys.modules


def test_a_name_to_disable_that_nobody_offers_is_a_warning(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    load(disable=("gaet",))
    assert "Did you mean 'gate'?" in messages_of(caplog, "WARNING")


@pytest.mark.parametrize("selection", [{"enable": ("gaet",)}, {"settings": {"gaet": {}}}])
def test_a_name_that_nobody_offers_stops_the_start(site: Site, selection: dict[str, Any]) -> None:
    assert refused(**selection) == "No installed plugin is named 'gaet'. Did you mean 'gate'?"


BROKEN = {
    "does not import": ("raise ValueError('no such day')", "It cannot be imported: ValueError: no such day"),
    "exits": ("raise SystemExit(2)", "It cannot be imported: SystemExit: 2"),
    "lacks a library": ("import no_such_library", "No module named 'no_such_library'."),
    "has no such class": ("", "It cannot be imported: AttributeError"),
    "is no plugin": ("class Example: ...", "is not a subclass of Plugin."),
    "is not built": (
        "class Example(Plugin):\n    def __init__(self, settings):\n        raise OSError('full')",
        "It cannot be built: OSError: full",
    ),
    "has odd settings": ("class Example(Plugin):\n    settings_type = dict", "has to be a subclass of PluginSettings."),
    "has a wrong hook": (
        "class Example(Plugin):\n    @hookimpl\n    def check_action(self): ...",
        "Write `async def check_action(self, action)`.",
    ),
}


@pytest.mark.parametrize(("code", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_was_merely_found_and_fails_is_left_out_with_a_warning(
    site: Site, caplog: pytest.LogCaptureFixture, code: str, reason: str
) -> None:
    site.add("filter", code)
    manager = load()
    assert list(manager.active) == ["gate"]
    assert status(manager, "filter").state is PluginState.FAILED
    assert reason in status(manager, "filter").reason
    assert reason in messages_of(caplog, "WARNING")


@pytest.mark.parametrize(("code", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_the_configuration_names_and_fails_stops_the_start(site: Site, code: str, reason: str) -> None:
    site.add("filter", code)
    selections: list[dict[str, Any]] = [{"enable": ("filter",)}, {"settings": {"filter": {}}}]
    for selection in selections:
        message = refused(**selection)
        assert "Plugin 'filter' (distribution stranger): " in message
        assert reason in message


def test_a_plugin_whose_extra_is_not_installed_is_quietly_not_selected(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.add("heavy", "import no_such_driver", distribution="agentchatbus", extra="heavy")
    found = status(load(), "heavy")
    assert found.state is PluginState.NOT_SELECTED
    assert "pip install 'agentchatbus[heavy]'" in found.reason
    assert caplog.records == []
    assert "pip install 'agentchatbus[heavy]'" in refused(enable=("heavy",))


CONFIGURED = """
class Limits(PluginSettings):
    rate: int = 1
class Settings(PluginSettings):
    url: str
    password: int = 0
    limits: Limits = Limits()
class Example(Plugin[Settings]):
    settings_type = Settings
"""


def test_a_plugin_is_built_once_with_its_validated_table(site: Site) -> None:
    site.add("hook", CONFIGURED)
    plugin = load(settings={"hook": {"url": "x", "limits": {"rate": 5}}}).active["hook"]
    assert plugin.settings.model_dump() == {"url": "x", "password": 0, "limits": {"rate": 5}}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"url": "x", "pasword": 1}, "[plugins.hook] has no key 'pasword'. Did you mean 'password'?"),
        ({"url": "x", "zzz": 1}, "[plugins.hook] has no key 'zzz'."),
        ({"url": "x", "limits": {"rat": 1}}, "[plugins.hook.limits] has no key 'rat'. Did you mean 'rate'?"),
        ({"url": "x", "password": "geheim"}, "[plugins.hook] password: Input should be a valid integer"),
        ({}, "[plugins.hook] needs the key 'url'."),
    ],
)
def test_a_wrong_table_is_explained_without_its_values(site: Site, table: Mapping[str, Any], message: str) -> None:
    site.add("hook", CONFIGURED)
    text = refused(settings={"hook": table})
    assert message in text
    assert "geheim" not in text


def test_a_file_is_a_plugin_named_after_it(site: Site, tmp_path: Path) -> None:
    path = file_plugin(tmp_path, "my_filter", CONFIGURED)
    manager = load(enable=(), paths=(path,), settings={"my_filter": {"url": "x"}})
    assert manager.active["my_filter"].settings.model_dump()["url"] == "x"
    assert status(manager, "my_filter").distribution == ""


def test_nothing_is_found_in_the_working_directory(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_plugin(tmp_path, "agentchatbus_mine")
    monkeypatch.chdir(tmp_path)
    assert list(load().active) == ["gate"]


def test_two_buses_may_load_the_same_file(site: Site, tmp_path: Path) -> None:
    path = file_plugin(tmp_path, "mine")
    assert type(load(paths=(path,)).active["mine"]) is not type(load(paths=(path,)).active["mine"])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (None, "is not an existing .py file."),
        ("", "has to define exactly one subclass of Plugin (found: none)."),
        ("class A(Plugin): ...\nclass B(Plugin): ...", "exactly one subclass of Plugin (found: A, B)."),
        ("1 / 0", "ZeroDivisionError"),
        ("def", "SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(site: Site, tmp_path: Path, code: str | None, reason: str) -> None:
    path = tmp_path / "mine.py" if code is None else file_plugin(tmp_path, "mine", code)
    before = set(sys.modules)
    message = refused(enable=(), paths=(path,))
    assert message.startswith("Plugin 'mine' (file ")
    assert reason in message
    if "Error" in reason:
        assert set(sys.modules) == before


def test_a_file_never_takes_the_place_of_an_installed_plugin(site: Site, tmp_path: Path) -> None:
    assert "Two plugins are named 'gate'" in refused(paths=(file_plugin(tmp_path, "gate"),))


def test_a_given_plugin_takes_the_place_of_an_installed_one(site: Site) -> None:
    mine = Plugin(PluginSettings())
    assert load(("gate", mine)).active == {"gate": mine}


def test_a_stranger_never_takes_the_place_of_a_shipped_plugin(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    module = site.add("gate", GATE)
    manager = load(settings={"gate": {}})
    states = {item.distribution: item.state for item in manager.statuses()}
    assert states == {"agentchatbus": PluginState.ACTIVE, "stranger": PluginState.FAILED}
    assert module not in sys.modules
    assert "stranger" in messages_of(caplog, "WARNING")


def test_of_two_strangers_with_one_name_neither_is_taken(site: Site) -> None:
    site.add("filter", GATE, distribution="one")
    site.add("filter", GATE, distribution="two")
    manager = load()
    assert list(manager.active) == ["gate"]
    assert {item.state for item in manager.statuses() if item.name == "filter"} == {PluginState.FAILED}
    assert "offers a plugin of the same name; uninstall one of them." in refused(enable=("filter",))


def test_implementations_are_called_tryfirst_then_given_then_others_then_shipped_then_trylast(
    site: Site, tmp_path: Path
) -> None:
    first, last = (GATE.replace("@hookimpl", f"@hookimpl({order}=True)") for order in ("tryfirst", "trylast"))
    site.add("shipped_first", first, distribution="agentchatbus")
    site.add("shipped_last", last, distribution="agentchatbus")
    site.add("stranger_last", last)
    site.add("b", GATE)
    site.add("a", GATE)
    manager = load(("given", gate()), paths=(file_plugin(tmp_path, "zz_file"),))
    order = [item.plugin for item in manager.implementations("check_action")]
    assert order == ["shipped_first", "zz_file", "given", "a", "b", "gate", "shipped_last", "stranger_last"]


def gate() -> Plugin[Any]:
    class Gate(Plugin[PluginSettings]):
        @hookimpl
        async def check_action(self) -> None: ...

    return Gate(PluginSettings())


# What a plugin's methods have to look like


def from_code(code: str) -> Plugin[Any]:
    """Return an instance of a plugin class with this body."""
    names: dict[str, Any] = {}
    body = "".join(f"    {line}\n" for line in code.splitlines())
    exec(f"{PREAMBLE}\nclass Example(Plugin):\n{body}", names)
    plugin: Plugin[Any] = names["Example"](PluginSettings())
    return plugin


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("@hookimpl\ndef check_message(self, draft): ...", "is awaited. Write `async def check_message(self, draft, "),
        ("@hookimpl\nasync def register_search(self): ...", "is not awaited. Write `def register_search(self)`."),
        ("@hookimpl\nasync def lifespan(self, bus): ...", "Write `def lifespan(self, bus)`."),
        ("@hookimpl\nasync def lifespan(self, bus): yield", "Write @asynccontextmanager below @hookimpl."),
        ("@hookimpl\ndef register_storage(self): yield", "Return a list."),
        ("@hookimpl\nasync def check_mesage(self): ...", "no hook of that name. Did you mean 'check_message'?"),
        ("@hookimpl(specname='on_evnt')\nasync def told(self): ...", "Did you mean 'on_event'?"),
        ("async def check_message(self): ...", "has the name of a hook but no mark. Write @hookimpl above it"),
        ("@hookimpl(wrapper=True)\ndef check_action(self): yield", "Write @hookimpl without it."),
        ("@hookimpl(hookwrapper=True)\ndef check_action(self): yield", "Write @hookimpl without it."),
        (
            "@hookimpl\nasync def check_action(self, acton): ...",
            "'acton' that the hook does not have (it has: action). ",
        ),
        ("@hookimpl\nasync def check_action(self, acton): ...", "Did you mean 'action'?"),
        ("@hookimpl\ndef register_storage(self, bus): ...", "(it has: none). Write `def register_storage(self)`."),
        ("@hookimpl\nasync def check_action(self, **more): ...", "takes '**more', but"),
        ("@hookimpl\nasync def check_action(self, *more): ...", "takes '*more', but"),
        ("@hookimpl\nasync def check_action(self, action, /): ...", "passed by name"),
    ],
)
def test_a_method_that_does_not_fit_its_hook_is_refused_with_what_to_write(site: Site, code: str, advice: str) -> None:
    message = refused(("mine", from_code(code)))
    assert message.startswith("Plugin 'mine' (given to the bus): ")
    assert advice in message


@pytest.mark.parametrize(
    "code",
    [
        "@hookimpl\n@asynccontextmanager\nasync def lifespan(self, bus): yield",
        "@asynccontextmanager\n@hookimpl\nasync def lifespan(self): yield",
        "@hookimpl\nasync def check_action(self): ...",
        "@hookimpl\nasync def check_action(self, *, action): ...",
        "@hookimpl\nasync def check_action(self, action, of_a_later_bus=None): ...",
        "@hookimpl(optionalhook=True)\nasync def check_of_a_later_bus(self): ...",
        "@hookimpl\n@staticmethod\nasync def check_action(action): ...",
        "@hookimpl(specname='check_action')\nasync def limit(self, action): ...",
        "@property\ndef check_message(self): 1 / 0",
        "async def on_connect(self): ...",
    ],
)
def test_a_method_that_fits_is_accepted(site: Site, code: str, caplog: pytest.LogCaptureFixture) -> None:
    assert "mine" in load(("mine", from_code(code))).active
    assert caplog.records == []


def test_a_method_whose_name_comes_close_to_a_hook_is_a_warning(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    load(("mine", from_code("async def on_events(self): ...")))
    assert messages_of(caplog, "WARNING") == "Example.on_events looks like the hook on_event but is none"


# Providers


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
