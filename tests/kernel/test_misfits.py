"""What a stranger's plugin offers that fits nowhere: the stranger is blamed, and nobody else has to go without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentchatbus.app import App, open_bus
from agentchatbus.choosing import choose_storage
from agentchatbus.config import Config, compose
from agentchatbus.plugin_api import ConfigError, Plugin
from agentchatbus.selecting import load_plugins
from agentchatbus.testing import memory_offer
from agentchatbus_attachments import AttachmentsPlugin, AttachmentsSettings
from agentchatbus_rest import RestPlugin, RestSettings
from agentchatbus_scan import ScanPlugin, ScanSettings
from agentchatbus_sql import SqlitePlugin, SqliteSettings
from agentchatbus_web import WebPlugin
from tests.kernel.plugin_kit import Site, messages_of

OPERATION = """
from collections.abc import Callable

async def answer(params, call):
    return ""

class WithCallback(Params):
    callback: Callable[[int], int]

class Named(Params):
    name: str

class Example(Plugin[PluginSettings]):
    @hookimpl
    def register_operations(self, bus):
        given = dict(name="mine", summary="Mine.", params=Params, result=str, handler=answer)
        return [Operation(**given | {changes})]
"""
OFFER = """
class Example(Plugin[PluginSettings]):
    @hookimpl
    def {hook}(self):
        async def app(scope, receive, send): ...

        async def read(url): ...

        def broken(*given):
            raise LookupError("no such printer")

        return [{offer}]
"""


def operation(changes: str) -> str:
    return OPERATION.replace("{changes}", f"dict({changes})")


def route(path: str, params: str = "Params") -> str:
    return operation(f'params={params}, route=Route(method="GET", path={path!r})')


def transport(prefixes: str, more: str = "") -> str:
    return OFFER.format(
        hook="register_transports", offer=f'HttpTransport(name="t", prefixes={prefixes}, app=app{more})'
    )


def files(prefix: str) -> str:
    return OFFER.format(hook="register_files", offer=f"FileOffer(prefix={prefix}, read=read)")


def panel(given: str) -> str:
    return OFFER.format(hook="register_console", offer=f'PanelOffer(title="Mine", operation="nix", {given})')


def search(given: str) -> str:
    lowest = "dict(name='mine', priority=0, supports=lambda storage: True, open=broken)"
    return OFFER.format(hook="register_search", offer=f"SearchOffer(**{lowest} | dict({given}))")


MISFITS = {
    "params without a form in JSON": (operation("params=WithCallback"), "'mine' has params that no client can be told"),
    "params that are no model": (operation("params=dict"), "has the params <class 'dict'>; write a subclass of Params"),
    "a result of an unknown type": (operation("result='Unheard'"), "has a result that cannot be described"),
    "a name that clients refuse": (operation("name='my operation'"), "needs a name of at most 64 letters"),
    "a route that is none": (operation("route='/mine'"), "write a Route whose path begins with a slash"),
    "a route without a slash": (route("mine"), "write a Route whose path begins with a slash"),
    "the console's route": (route("/"), "the operation 'mine' has the route /, which is taken"),
    "the beginning of the console's route": (route("/{name}", "Named"), "has the route /{name}, which is taken"),
    "the route of the console's files": (route("/static/console/{name}", "Named"), "which is taken"),
    "a path with a slash at its end": (transport("('/api/',)"), "both serve /api/; disable one of them"),
    "a path that hides a route": (transport("('/api/threads',)"), "misfit' serves /api/threads, where the operation"),
    "no paths": (transport("None"), "the transport 't' has the prefixes None; write a tuple of paths"),
    "a path that is a number": (transport("('/mine', 7)"), "write a tuple of paths that begin with a slash"),
    "a path without a slash": (transport("('mine',)"), "write a tuple of paths that begin with a slash"),
    "a way in that does not begin": (transport("('/mine',)", ", lifespan=broken"), "LookupError: no such printer"),
    "a way in without a life": (transport("('/mine',)", ", lifespan=lambda: 7"), "failed in lifespan (TypeError"),
    "files of another": (
        files("'/static/uploads/'"),
        "'attachments' and 'misfit' both keep files under /static/uploads/",
    ),
    "files nowhere": (files("None"), "keeps files under None; write a text"),
    "a panel of a bad name": (panel("name='A B!'"), "the panel 'A B!' needs a name of at most 40 small letters"),
    "a panel of no operation": (panel("name='mine'"), "'nix', which the plugin does not add"),
    "a panel named by a number": (panel("name=7"), "holds a value of a wrong type"),
    "a search that cannot tell": (
        search("supports=broken"),
        "failed in its search 'mine' (LookupError: no such printer)",
    ),
    "a search that does not open": (
        search("priority=999"),
        "failed in its search 'mine' (LookupError: no such printer)",
    ),
    "a search without a priority": (search("priority=None"), "its priority None is no number"),
}
STORAGE = OFFER.format(hook="register_storage", offer='StorageOffer(name="sqlite", open=broken)')
SEARCH = search("name='scan', priority=999")


def shipped() -> list[Plugin[Any]]:
    """Return plugins whose places a stranger may claim; what is given by hand counts as named."""
    web = WebPlugin(WebPlugin.settings_type())
    return [RestPlugin(RestSettings()), web, AttachmentsPlugin(AttachmentsSettings()), ScanPlugin(ScanSettings())]


def configured(folder: Path, **tables: Any) -> Config:
    return compose({"server": {"data_dir": str(folder)}, **tables})


def opening(config: Config) -> Any:
    return open_bus(config, plugins=shipped(), storage=memory_offer(), serving=True)


def states(app: App) -> dict[str, str]:
    return {status.name: str(status.state) for status in app.manager.statuses()}


@pytest.mark.parametrize(("code", "reason"), MISFITS.values(), ids=MISFITS)
async def test_a_stranger_is_left_out_in_its_own_name(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str, reason: str
) -> None:
    site.add("misfit", code)
    async with opening(configured(tmp_path)) as app:
        assert {name for name, state in states(app).items() if state != "active"} == {"misfit"}
        assert "mine" not in app.operations
    warnings = messages_of(caplog, "WARNING")
    assert "Plugin misfit (distribution stranger) is left out" in warnings
    assert reason in warnings


@pytest.mark.parametrize(("code", "reason"), MISFITS.values(), ids=MISFITS)
async def test_one_that_is_named_stops_the_start_in_its_own_name(
    site: Site, tmp_path: Path, code: str, reason: str
) -> None:
    site.add("misfit", code)
    with pytest.raises(ConfigError, match="'misfit'") as caught:
        async with opening(configured(tmp_path, plugins={"misfit": {}})):
            pass
    assert reason in str(caught.value)


async def test_a_strangers_search_of_a_shipped_ones_name_is_not_chosen(site: Site, tmp_path: Path) -> None:
    site.add("misfit", SEARCH)
    async with opening(configured(tmp_path, search={"backend": "scan"})) as app:
        assert states(app)["misfit"] == "failed"
        assert app.bus.search is not None


async def test_a_search_that_the_configuration_names_stops_the_start(site: Site, tmp_path: Path) -> None:
    site.add("misfit", search("supports=broken"))
    with pytest.raises(ConfigError, match="Plugin 'misfit' failed in its search 'mine'"):
        async with opening(configured(tmp_path, search={"backend": "mine"})):
            pass


async def test_a_strangers_storage_of_a_shipped_ones_name_is_not_chosen(site: Site, tmp_path: Path) -> None:
    site.add("misfit", STORAGE)
    sqlite = SqlitePlugin(SqliteSettings(path=tmp_path / "bus.db"))
    config = configured(tmp_path)
    assert choose_storage(config, load_plugins(config, [sqlite])).location == str(tmp_path / "bus.db")
    async with open_bus(config, plugins=[sqlite]) as app:
        assert states(app)["misfit"] == "failed"
        assert app.location == str(tmp_path / "bus.db")


async def test_a_named_storage_of_a_shipped_ones_name_stops_the_start(site: Site, tmp_path: Path) -> None:
    site.add("misfit", STORAGE)
    sqlite = SqlitePlugin(SqliteSettings(path=tmp_path / "bus.db"))
    with pytest.raises(ConfigError, match=r"'misfit'.* both offer a storage named 'sqlite'"):
        async with open_bus(configured(tmp_path, plugins={"misfit": {}}), plugins=[sqlite]):
            pass


async def test_of_two_strangers_the_one_that_nobody_named_gives_way(site: Site, tmp_path: Path) -> None:
    site.add("wanted", route("/mine"))
    site.add("misfit", transport("('/mine',)"), distribution="other")
    async with opening(configured(tmp_path, plugins={"wanted": {}})) as app:
        assert (states(app)["wanted"], states(app)["misfit"]) == ("active", "failed")
