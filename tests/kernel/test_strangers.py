"""A plugin that nobody named and that does not fit in: the bus starts without it, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.app import App, open_bus
from agentchatbus.config import Config, compose
from agentchatbus.plugin_api import ConfigError, Plugin
from agentchatbus.plugins import PluginState
from agentchatbus.testing import memory_offer
from agentchatbus_rest import RestPlugin, RestSettings
from tests.kernel.plugin_kit import Site, messages_of

OPERATION = """
async def answer(params, call):
    return ""

class Example(Plugin[PluginSettings]):
    @hookimpl
    def register_operations(self, bus):
        return [Operation(name="{name}", summary="Mine.", params=Params, result=str, handler=answer{more})]
"""
LIFE = """
class Example(Plugin[PluginSettings]):
    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus):
        raise LookupError("no such printer")
        yield
"""
PROMPT = """
async def write(arguments, call):
    return []

class Example(Plugin[PluginSettings]):
    @hookimpl
    def register_prompts(self, bus):
        return [PromptOffer(name="twice", description="", write=write)] * 2
"""
WAY_IN = """
class Example(Plugin[PluginSettings]):
    @hookimpl
    def register_transports(self, bus):
        async def app(scope, receive, send): ...
        return [HttpTransport(name="mine", prefixes=("/api",), app=app)]
"""
MISFITS = {
    "an operation of a taken name": (OPERATION.format(name="msg_post", more=""), "'msg_post', which there is already"),
    "a route that is taken": (
        OPERATION.format(name="mine", more=', route=Route(method="GET", path="/api/threads")'),
        "GET /api/threads of the operation 'mine' is taken",
    ),
    "a route with an unknown name": (
        OPERATION.format(name="mine", more=', route=Route(method="GET", path="/api/mine/{that}")'),
        "names 'that', which is no parameter of it",
    ),
    "a life that does not begin": (LIFE, "LookupError: no such printer"),
    "a prompt that is there already": (PROMPT, "a prompt named 'twice', which there is already"),
    "a path that is taken": (WAY_IN, "both serve /api"),
}


def opening(config: Config) -> Any:
    rest: list[Plugin[Any]] = [RestPlugin(RestSettings())]
    return open_bus(config, plugins=rest, storage=memory_offer())


def states(app: App) -> dict[str, PluginState]:
    return {status.name: status.state for status in app.manager.statuses()}


@pytest.mark.parametrize(("code", "reason"), MISFITS.values(), ids=MISFITS)
async def test_one_that_was_merely_found_is_left_out_with_a_warning(
    site: Site, caplog: pytest.LogCaptureFixture, code: str, reason: str
) -> None:
    site.add("misfit", code)
    async with opening(compose({})) as app:
        assert states(app) == {"gate": "active", "misfit": "failed", "rest": "active"}
        assert app.operations.get("msg_post").summary != "Mine."
        assert "mine" not in app.operations
    warnings = messages_of(caplog, "WARNING")
    assert "Plugin misfit (distribution stranger) is left out" in warnings
    assert reason in warnings


@pytest.mark.parametrize(("code", "reason"), MISFITS.values(), ids=MISFITS)
async def test_one_that_the_configuration_names_stops_the_start(site: Site, code: str, reason: str) -> None:
    site.add("misfit", code)
    with pytest.raises(ConfigError, match="misfit") as caught:
        async with opening(compose({"plugins": {"misfit": {}}})):
            pass
    assert reason in str(caught.value)


async def test_one_that_ships_with_the_bus_stops_the_start(site: Site) -> None:
    site.add("guard", LIFE, distribution="agentchatbus")
    with pytest.raises(ConfigError, match="Plugin 'guard' failed in lifespan"):
        async with opening(compose({})):
            pass


async def test_several_are_left_out_one_after_the_other(site: Site) -> None:
    for number, (code, _) in enumerate(MISFITS.values()):
        site.add(f"misfit-{number}", code, distribution=f"stranger{number}")
    async with opening(compose({})) as app:
        assert {name for name, state in states(app).items() if state == "active"} == {"gate", "rest"}
