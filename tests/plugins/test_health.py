"""What the bus says of itself to everybody: all that probes and the editor extension look for, and no secret."""

from __future__ import annotations

from typing import Any

from agentchatbus.plugin_api import Bus, BusSettings, Plugin, PluginSettings, hookimpl
from agentchatbus.testing import MakeBus
from agentchatbus_ide import IdePlugin, IdeSettings
from agentchatbus_metrics import MetricsPlugin
from tests.plugins.rest_kit import Rest, open_rest

BOOT = "boot-token-of-this-test"
EDITOR = {"instance_id": "window-1", "ide_label": "VS Code"}


class Faulty(Plugin[PluginSettings]):
    """Cannot say how it is."""

    settings_type = PluginSettings

    @hookimpl
    def register_operations(self, bus: Bus) -> list[Any]:
        bus.report_health(lambda: {"status": 1 // 0})
        bus.report_health(lambda: {"status": "fine", "mood": "good"})
        return []


async def health(rest: Rest) -> dict[str, Any]:
    answer = await rest.http.get("/health")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


async def test_health_has_every_field_of_the_contract(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[IdePlugin(IdeSettings())])
    said = await health(rest)
    assert (said["status"], said["service"], said["engine"]) == ("ok", "AgentChatBus", "python")
    assert said["runtime"].startswith("python ")
    assert said.keys() == {
        "status",
        "service",
        "engine",
        "version",
        "runtime",
        "transport",
        "startup_mode",
        "management",
        "wait_policy",
    }
    assert said["startup_mode"] == "external-service-manual"
    assert said["management"] == {
        "ownership_assignable": False,
        "owner_instance_id": None,
        "registered_sessions_count": 0,
    }


async def test_health_says_that_an_editor_owns_the_server_and_not_its_id(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[IdePlugin(IdeSettings.model_validate({"owner_boot_token": BOOT}))])
    claim = {"claim_owner": True, "owner_boot_token": BOOT}
    await rest.http.post("/api/ide/register", json=EDITOR | claim)
    said = await health(rest)
    management = said["management"]
    assert said["startup_mode"] == "external-service-extension-managed"
    assert (management["ownership_assignable"], management["registered_sessions_count"]) == (True, 1)
    assert management["owner_instance_id"] not in (None, EDITOR["instance_id"])
    assert BOOT not in str(said)


async def test_health_names_the_shortest_wait(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=BusSettings(wait_min_timeout_ms=60_000))
    assert (await health(rest))["wait_policy"]["msg_wait_min_timeout_ms"] == 60_000


async def test_metrics_say_what_health_says(make_bus: MakeBus) -> None:
    """The editor extension falls back to them."""
    rest = await open_rest(make_bus, plugins=[IdePlugin(IdeSettings()), MetricsPlugin(MetricsPlugin.settings_type())])
    said = await health(rest)
    numbers = (await rest.http.get("/api/metrics")).json()
    assert {key: numbers[key] for key in said} == said


async def test_a_plugin_that_cannot_say_how_it_is_stops_nobody_and_none_speaks_for_the_bus(make_bus: MakeBus) -> None:
    said = await health(await open_rest(make_bus, plugins=[Faulty(PluginSettings())]))
    assert (said["status"], said["mood"]) == ("ok", "good")
