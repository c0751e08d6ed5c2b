"""The reference of HTTP says what there is."""

from __future__ import annotations

from pathlib import Path

from agentchatbus.testing import MakeBus
from agentchatbus_scan import ScanPlugin
from tests.plugins.rest_kit import open_rest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


async def test_every_route_stands_in_the_reference(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ScanPlugin(ScanPlugin.settings_type())])
    text = (REFERENCE / "http.md").read_text()
    routes = [route for operation in rest.bus.app.operations if (route := operation.route)]
    missing = [f"{route.method} {route.path}" for route in routes if f"{route.method} {route.path}" not in text]
    assert missing == []
