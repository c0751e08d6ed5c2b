"""The reference of HTTP and of the events says what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from agentchatbus import events
from agentchatbus.plugin_api import EventBody
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import open_rest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def bodies(kind: type[EventBody] = EventBody) -> Iterator[type[EventBody]]:
    """Yield the events of the bus itself."""
    for body in kind.__subclasses__():
        if body.__module__ == events.__name__ and "type" in vars(body):
            yield body
        yield from bodies(body)


@pytest.mark.parametrize("body", {body.type: body for body in bodies()}.values(), ids=lambda body: body.type)
def test_every_event_has_a_section_that_names_its_payload(body: type[EventBody]) -> None:
    text = (REFERENCE / "events.md").read_text()
    section = re.search(rf"^#+ {re.escape(body.type)}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"no section on {body.type}"
    for item in fields(body):
        assert f"`{item.name}`" in section[1]


async def test_every_route_stands_in_the_reference(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    text = (REFERENCE / "http.md").read_text()
    routes = [route for operation in rest.bus.app.operations if (route := operation.route)]
    missing = [f"{route.method} {route.path}" for route in routes if f"{route.method} {route.path}" not in text]
    assert missing == []
