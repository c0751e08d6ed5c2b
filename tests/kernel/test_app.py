"""The composition root: what is opened, in which order, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agentchatbus.app import bus_settings, open_bus
from agentchatbus.choosing import choose_storage
from agentchatbus.config import Config, Flags, LimitsTable, PluginsTable, ServerTable, compose, load_config
from agentchatbus.plugin_api import (
    Action,
    Bus,
    CallerKind,
    ConfigError,
    Credentials,
    Event,
    HttpTransport,
    MessageDraft,
    Operation,
    Operations,
    Params,
    Plugin,
    PluginFailed,
    PluginSettings,
    Session,
    Storage,
    StorageContext,
    StorageOffer,
    hookimpl,
)
from agentchatbus.selecting import load_plugins, plugin_name
from agentchatbus.testing import MakeBus, memory_offer

NOBODY = compose({"plugins": {"enable": []}})


def person() -> Session:
    """Return a client of this machine."""
    return Session(credentials=Credentials(grants=CallerKind.HUMAN))


class Recorder(Plugin[PluginSettings]):
    """Writes down what happens to it."""

    def __init__(self, name: str = "one", log: list[str] | None = None) -> None:
        super().__init__(PluginSettings())
        self.name = name
        self.log = [] if log is None else log
        self.seen: list[str] = []

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation]:  # type: ignore[type-arg]
        async def answer(params: Params, call: object) -> str:
            return self.name

        summary = "Say the name."
        return [Operation(name=f"{self.name}_name", summary=summary, params=Params, result=str, handler=answer)]

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations) -> Sequence[HttpTransport]:
        self.log.append(f"transport {self.name} knows {'other_name' in operations}")

        async def app(scope: object, receive: object, send: object) -> None:
            return None

        return [HttpTransport(name=self.name, prefixes=(f"/{self.name}",), app=app)]

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        self.log.append(f"enter {self.name}")
        yield
        self.log.append(f"leave {self.name}")

    @hookimpl
    async def check_action(self, action: Action) -> None:
        self.log.append(f"check {action.operation}")

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.seen.append(event.type)


class OtherPlugin(Recorder):
    """A second one, under another name."""


class Falling(Plugin[PluginSettings]):
    """Fails when it ends."""

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        yield
        raise LookupError("fell over")


class Broken(Plugin[PluginSettings]):
    """Fails at every message."""

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        raise LookupError("broken")


def storage_of(log: list[str]) -> StorageOffer:
    """Return a memory storage that writes down when it is opened and closed."""

    @asynccontextmanager
    async def opened(context: StorageContext) -> AsyncIterator[Storage]:
        log.append(f"open for {context.owner}")
        async with memory_offer().open(context) as storage:
            yield storage
        log.append("close")

    return StorageOffer(name="logged", open=opened, location="nowhere")


async def test_parts_open_from_the_storage_up_and_close_in_reverse() -> None:
    log: list[str] = []
    plugins = [Recorder("one", log), OtherPlugin("other", log)]
    async with open_bus(NOBODY, plugins=plugins, storage=storage_of(log)):
        pass
    entered = [line.split()[1] for line in log if line.startswith("enter")]
    left = [line.split()[1] for line in log if line.startswith("leave")]
    assert log[0].startswith("open for the bus on http://127.0.0.1:39765 (process ")
    assert sorted(entered) == ["one", "other"]
    assert left == entered[::-1]
    assert max(map(log.index, ("enter one", "enter other"))) < log.index("transport one knows True")
    assert log[-1] == "close"


async def test_a_plugin_that_falls_over_at_the_end_stops_nobody_elses_end(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []
    plugins = [Recorder("one", log), Falling(PluginSettings()), OtherPlugin("other", log)]
    async with open_bus(NOBODY, plugins=plugins, storage=storage_of(log)):
        pass
    assert {"leave one", "leave other", "close"} <= set(log)
    assert "Plugin falling failed in its lifespan" in caplog.text


async def test_core_and_plugin_operations_go_through_the_gates() -> None:
    recorder = Recorder()
    async with open_bus(NOBODY, plugins=[recorder], storage=memory_offer()) as app:
        assert await app.operations.call("one_name", {}, person()) == "one"
        assert await app.operations.call("agent_list", {}, person()) == []
    assert [line for line in recorder.log if line.startswith("check")] == ["check one_name", "check agent_list"]


async def test_observers_are_told(make_bus: MakeBus) -> None:
    recorder = Recorder()
    bus = await make_bus(plugins=[recorder])
    await bus.post("hello")
    await bus.drain()
    assert recorder.seen == ["thread.new", "thread.joined", "msg.new"]


async def test_a_plugin_that_is_quarantined_is_announced(make_bus: MakeBus) -> None:
    recorder = Recorder()
    bus = await make_bus(plugins=[Broken(PluginSettings()), recorder])
    before = bus.app.bus.feed.newest
    for _ in range(5):
        with pytest.raises(PluginFailed):
            await bus.post("hello")
    assert await bus.app.bus.feed.wait(before)
    await bus.drain()
    assert recorder.seen[-1] == "plugin.quarantined"


async def test_leaving_closes_the_feed_first() -> None:
    async with open_bus(NOBODY, storage=memory_offer()) as app:
        reading = asyncio.create_task(app.bus.feed.wait(app.bus.feed.newest))
        await asyncio.sleep(0)
    assert await reading is False


async def test_two_buses_live_side_by_side(make_bus: MakeBus) -> None:
    one, other = await make_bus(), await make_bus()
    await one.post("only here")
    assert (len(await one.messages()), len(await other.messages())) == (1, 0)


async def test_two_transports_under_one_path_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="both serve /same; disable one of them") as refused:
        async with open_bus(NOBODY, plugins=[Recorder("same"), SamePath()], storage=memory_offer()):
            pass
    assert "'recorder'" in str(refused.value)
    assert "'same-path'" in str(refused.value)


class SamePath(Recorder):
    """Claims the path of another."""

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation]:  # type: ignore[type-arg]
        return []

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations) -> Sequence[HttpTransport]:
        self.name = "same"
        return super().register_transports(bus, operations)


def test_an_unknown_storage_is_refused_with_those_on_offer() -> None:
    config = compose({"plugins": {"enable": ["sqlite"]}, "storage": {"backend": "sqlit"}})
    with pytest.raises(ConfigError) as refused:
        choose_storage(config, load_plugins(config))
    assert str(refused.value) == (
        "[storage] backend: there is no storage named 'sqlit'. Did you mean 'sqlite'? On offer: sqlite."
    )


def test_a_bus_without_any_storage_says_so() -> None:
    with pytest.raises(ConfigError, match="No active plugin offers any"):
        choose_storage(NOBODY, load_plugins(NOBODY))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "bus.example"])
@pytest.mark.parametrize("token", [None, "guess me"])
async def test_h24_the_network_is_refused_without_an_operator_token_that_is_hard_to_guess(
    host: str, token: str | None
) -> None:
    config = Config(server=ServerTable(host=host, operator_token=token), plugins=PluginsTable(enable=()))
    with pytest.raises(ConfigError, match="AGENTCHATBUS_ADMIN_TOKEN, or operator_token in"):
        async with open_bus(config, storage=memory_offer()):
            pass


def test_the_domain_is_told_what_it_needs() -> None:
    server = ServerTable(host="0.0.0.0", port=7, operator_token="secret", data_dir=Path("/data"))
    settings = bus_settings(Config(server=server, limits=LimitsTable(max_topic_length=9)))
    assert (settings.endpoint, settings.is_open, settings.operator_token) == ("http://127.0.0.1:7", False, "secret")
    assert (settings.data_dir, settings.max_topic_length) == (Path("/data"), 9)
    assert bus_settings(Config()).is_open


def test_a_variable_reaches_a_plugin_with_a_hyphen_in_its_name() -> None:
    environ = {
        "AGENTCHATBUS_PLUGINS__MCP_HTTP__MAX_SESSIONS": "7",
        "AGENTCHATBUS_PLUGINS__ENABLE": "mcp-http",
    }
    settings = load_plugins(load_config(environ=environ)).active["mcp-http"].settings.model_dump()
    assert settings["max_sessions"] == 7


def test_a_name_of_old_for_a_plugin_that_is_not_installed_is_no_error() -> None:
    environ = {"AGENTCHATBUS_THREAD_TIMEOUT": "5", "AGENTCHATBUS_PLUGINS__ENABLE": "sqlite"}
    assert list(load_plugins(load_config(environ=environ)).active) == ["sqlite"]


def test_a_wrong_key_of_a_plugin_is_refused_with_its_source_and_the_nearest_key(tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text("[plugins.sqlite]\nreadrs = 1\n")
    with pytest.raises(ConfigError) as refused:
        load_plugins(load_config(file, environ={}))
    assert str(refused.value).startswith(f"{file}: ")
    assert str(refused.value).endswith("[plugins.sqlite] has no key 'readrs'. Did you mean 'readers'?")


def test_a_plugin_that_a_flag_names_has_to_exist() -> None:
    with pytest.raises(ConfigError, match=r"No installed plugin is named 'sqlit'\. Did you mean 'sqlite'\?"):
        load_plugins(load_config(environ={}, flags=Flags(plugins=["sqlit"])))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("SecretsPlugin", "secrets"), ("McpHttpPlugin", "mcp-http"), ("A2aPlugin", "a2a"), ("FTS5", "fts5")],
)
def test_a_plugin_that_was_built_by_hand_is_named_after_its_class(name: str, expected: str) -> None:
    plugin_type = type(name, (Plugin,), {})
    assert plugin_name(plugin_type(PluginSettings())) == expected
