"""Looking after the server from an editor: nobody takes it over, and it tells no secret."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import MakeBus
from tests.plugins.ide_kit import OPERATOR, advance, ask, is_stopping, owner, proof, register, site


async def test_an_editor_registers_and_owns_what_it_started(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    session = await owner(rest)
    assert session["session_token"]
    assert session["registered_sessions"][0].pop("registered_at") == "2030-01-01T12:00:00.000000+00:00"
    assert {key: session[key] for key in session if key not in ("session_token", "registered_sessions")} == {
        "instance_id": "one",
        "registered": True,
        "ownership_assignable": True,
        "owner_instance_id": "one",
        "owner_ide_label": "VS Code",
        "is_owner": True,
        "can_shutdown": True,
        "registered_sessions_count": 1,
        "shutdown_requested": False,
        "transferred_to": None,
        "was_owner": False,
    }


@pytest.mark.parametrize("claim", [{}, {"claim_owner": True}, {"claim_owner": True, "owner_boot_token": "guessed"}])
async def test_without_the_boot_token_nobody_owns_the_server(make_bus: MakeBus, claim: dict[str, Any]) -> None:
    rest = await site(make_bus)
    session = await register(rest, **claim)
    assert (session["is_owner"], session["owner_instance_id"]) == (False, None)
    answer = await ask(rest, "/api/shutdown", **proof(session))
    assert (answer.status_code, answer.json()["detail"]) == (403, "This IDE session does not hold shutdown ownership")
    assert not is_stopping(rest)


async def test_without_a_boot_token_in_the_settings_there_is_nothing_to_own(make_bus: MakeBus) -> None:
    rest = await site(make_bus, owner_boot_token="")
    session = await register(rest, claim_owner=True, owner_boot_token="")
    assert (session["ownership_assignable"], session["is_owner"]) == (False, False)


async def test_a_session_cannot_be_taken_over(make_bus: MakeBus) -> None:
    """H30: who knew the id of the owner was given its token."""
    rest = await site(make_bus)
    session = await owner(rest)
    for stolen in ({}, {"session_token": "guessed"}, {"session_token": ""}):
        body = {"instance_id": "one", "ide_label": "Thief"} | stolen
        answer = await ask(rest, "/api/ide/register", **body)
        assert (answer.status_code, answer.json()["detail"]) == (403, "Invalid IDE session token")
    again = await register(rest, session_token=session["session_token"])
    assert (again["is_owner"], again["session_token"]) == (True, session["session_token"])


async def test_the_owners_id_is_told_to_nobody_else(make_bus: MakeBus) -> None:
    """H30."""
    rest = await site(make_bus)
    await owner(rest, "the-owners-id")
    other = await register(rest, "other")
    status = await rest.http.get("/api/ide/status", params=proof(other))
    stranger = await rest.http.get("/api/ide/status")
    health = await rest.http.get("/health")
    for text in (str(other), status.text, stranger.text, health.text):
        assert "the-owners-id" not in text
    assert stranger.json()["registered"] is False
    assert status.json()["owner_ide_label"] == "VS Code"
    assert [item["is_owner"] for item in status.json()["registered_sessions"]] == [True, False]


@pytest.mark.parametrize("path", ["/api/ide/heartbeat", "/api/ide/unregister", "/api/shutdown"])
async def test_only_a_session_of_ones_own_can_be_used(make_bus: MakeBus, path: str) -> None:
    rest = await site(make_bus)
    await owner(rest)
    missing = await ask(rest, path, instance_id="two", session_token="x")
    assert (missing.status_code, missing.json()) == (404, {"detail": "IDE session is not registered"})
    wrong = await ask(rest, path, instance_id="one", session_token="x")
    assert (wrong.status_code, wrong.json()) == (403, {"detail": "Invalid IDE session token"})
    assert not is_stopping(rest)


@pytest.mark.parametrize("name", ["instance_id", "ide_label"])
async def test_names_must_not_be_empty(make_bus: MakeBus, name: str) -> None:
    rest = await site(make_bus)
    answer = await ask(rest, "/api/ide/register", **({"instance_id": "a", "ide_label": "b"} | {name: " "}))
    assert (answer.status_code, answer.json()) == (400, {"detail": f"{name} must not be empty"})


async def test_the_owner_may_stop_the_server(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    answer = await ask(rest, "/api/shutdown", **proof(await owner(rest)))
    assert (answer.status_code, answer.json()["status"], answer.json()["force"]) == (200, "accepted", False)
    assert is_stopping(rest)


async def test_force_is_for_people_at_this_machine(make_bus: MakeBus) -> None:
    """H30: it skipped every check, for everybody."""
    body = {"instance_id": "x", "session_token": "x", "force": True}
    rest = await site(make_bus)
    nova = await rest.bus.agent("Nova")
    answer = await rest.http.post("/api/shutdown", json=body, headers={"x-agent-token": nova.token})
    assert answer.status_code == 403
    assert not is_stopping(rest)
    assert (await ask(rest, "/api/shutdown", **body)).status_code == 200
    assert is_stopping(rest)


CALLS = [
    ("GET", "/api/ide/status", None),
    ("POST", "/api/ide/register", {"instance_id": "a", "ide_label": "b"}),
    ("POST", "/api/ide/heartbeat", {"instance_id": "a", "session_token": "b"}),
    ("POST", "/api/ide/unregister", {"instance_id": "a", "session_token": "b"}),
    ("POST", "/api/shutdown", {"force": True}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_from_elsewhere_nobody_may_manage_the_server(
    make_bus: MakeBus, method: str, path: str, body: dict[str, Any] | None
) -> None:
    settings = BusSettings(is_open=False, operator_token=OPERATOR)
    rest = await site(make_bus, settings)
    far = httpx.ASGITransport(rest.app, client=("192.0.2.7", 1234))
    async with httpx.AsyncClient(transport=far, base_url="http://127.0.0.1") as http:
        assert (await http.request(method, path, json=body)).status_code == 401
        answer = await http.request(method, path, json=body, headers={"x-admin-token": OPERATOR})
    assert answer.status_code == 403
    assert "from localhost" in answer.json()["detail"]
    assert not is_stopping(rest)


async def test_near_a_bus_that_is_open_to_the_network_a_token_is_needed(make_bus: MakeBus) -> None:
    rest = await site(make_bus, BusSettings(is_open=False, operator_token=OPERATOR))
    assert (await ask(rest, "/api/shutdown", force=True)).status_code == 401
    rest.http.headers["x-admin-token"] = OPERATOR
    assert (await ask(rest, "/api/shutdown", force=True)).status_code == 200


async def test_ownership_passes_to_the_oldest_editor_and_the_last_one_stops_the_server(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    first, second, third = await owner(rest), await register(rest, "two"), await register(rest, "three")
    left = (await ask(rest, "/api/ide/unregister", **proof(first))).json()
    assert (left["was_owner"], left["registered"], left["shutdown_requested"]) == (True, False, False)
    assert left["transferred_to"]
    status = await rest.http.get("/api/ide/status", params=proof(second))
    assert status.json()["is_owner"]
    await ask(rest, "/api/ide/unregister", **proof(third))
    assert not is_stopping(rest)
    left = (await ask(rest, "/api/ide/unregister", **proof(second))).json()
    assert left["shutdown_requested"]
    await rest.bus.app.bus.stop_requested.wait()


async def test_without_an_owner_the_last_editor_leaves_the_server_running(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    left = await ask(rest, "/api/ide/unregister", **proof(await register(rest)))
    assert left.json()["shutdown_requested"] is False
    assert not is_stopping(rest)


async def test_an_editor_that_is_silent_for_too_long_is_gone(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    first, second = await owner(rest), await register(rest, "two")
    advance(rest, 30)
    assert (await ask(rest, "/api/ide/heartbeat", **proof(second))).status_code == 200
    advance(rest, 16)
    assert (await ask(rest, "/api/ide/heartbeat", **proof(first))).status_code == 404
    assert (await ask(rest, "/api/ide/heartbeat", **proof(second))).json()["is_owner"]
    assert not is_stopping(rest)
    advance(rest, 46)
    await rest.bus.app.bus.stop_requested.wait()


async def test_there_is_a_limit_to_sessions(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    for number in range(100):
        await register(rest, f"{number}")
    assert (await ask(rest, "/api/ide/register", instance_id="x", ide_label="y")).status_code == 403
