"""A bus that is looked after from an editor."""

from __future__ import annotations

from typing import Any

import httpx

from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import MakeBus, ManualClock
from agentchatbus_ide import IdePlugin, IdeSettings
from tests.plugins.rest_kit import Rest, open_rest

BOOT = "boot-token-of-this-test"
OPERATOR = "an operator token of this test"


def ide(**settings: Any) -> IdePlugin:
    return IdePlugin(IdeSettings.model_validate({"owner_boot_token": BOOT} | settings))


async def site(make_bus: MakeBus, settings: BusSettings | None = None, **ide_settings: Any) -> Rest:
    return await open_rest(make_bus, plugins=[ide(**ide_settings)], settings=settings)


async def ask(rest: Rest, path: str, **body: Any) -> httpx.Response:
    return await rest.http.post(path, json=body)


async def register(rest: Rest, instance_id: str = "one", **body: Any) -> dict[str, Any]:
    answer = await ask(rest, "/api/ide/register", **({"instance_id": instance_id, "ide_label": "VS Code"} | body))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def owner(rest: Rest, instance_id: str = "one") -> dict[str, Any]:
    return await register(rest, instance_id, claim_owner=True, owner_boot_token=BOOT)


def proof(session: dict[str, Any]) -> dict[str, Any]:
    return {key: session[key] for key in ("instance_id", "session_token")}


def is_stopping(rest: Rest) -> bool:
    return rest.bus.app.bus.stop_requested.is_set()


def advance(rest: Rest, seconds: float) -> None:
    assert isinstance(rest.bus.clock, ManualClock)
    rest.bus.clock.advance(seconds)
