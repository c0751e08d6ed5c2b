"""Plugins are found, chosen, configured and registered, or the start says why not."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin import Plugin, PluginSettings
from agentchatbus.plugins import PluginState, PluginStatus
from tests.kernel.plugin_kit import (
    GATE,
    Site,
    file_plugin,
    gate,
    load,
    messages_of,
    refused,
    status,
)


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
