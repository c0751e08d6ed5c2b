"""Looking after the server from an editor: nobody takes it over, and it tells no secret."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentchatbus.plugin_api import BusSettings, Storage, StorageOffer, Unavailable
from agentchatbus.testing import MakeBus, ManualClock, MemoryStorage
from agentchatbus_ide import IdePlugin, IdeSettings
from agentchatbus_ide.masking import Masking
from tests.plugins.attachments_kit import offer_of
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


async def test_the_log_can_be_read_line_by_line(make_bus: MakeBus) -> None:
    rest = await site(make_bus, log_lines=3)
    logging.getLogger("somebody.else").error("not ours")
    for number in range(5):
        logging.getLogger("agentchatbus_rest.test").warning("line %d", number)
    page = (await rest.http.get("/api/logs")).json()
    assert [entry["line"].rpartition(": ")[2] for entry in page["entries"]] == ["line 2", "line 3", "line 4"]
    ids = [entry["id"] for entry in page["entries"]]
    assert page["next_cursor"] == ids[-1]
    page = (await rest.http.get("/api/logs", params={"after": ids[0], "limit": 1})).json()
    assert (page["next_cursor"], len(page["entries"])) == (ids[1], 1)
    page = (await rest.http.get("/api/logs", params={"after": ids[-1]})).json()
    assert page == {"entries": [], "next_cursor": ids[-1]}
    assert (await rest.http.get("/api/logs", params={"limit": 1001})).status_code == 422


async def test_the_log_ends_with_the_bus(make_bus: MakeBus) -> None:
    before = list(logging.getLogger().handlers)
    plugin = ide()
    from agentchatbus.testing import make_bus as open_bus

    async with open_bus(plugins=[plugin]):
        assert len(logging.getLogger().handlers) == len(before) + 1
    assert logging.getLogger().handlers == before


async def test_the_log_tells_no_secret_and_no_place(make_bus: MakeBus, tmp_path: Path) -> None:
    """H25."""
    settings = BusSettings(operator_token=OPERATOR, data_dir=tmp_path)
    rest = await site(make_bus, settings)
    nova = await rest.bus.agent("Nova")
    log = logging.getLogger("agentchatbus.test")
    log.warning("operator %s, boot %s, agent %s", OPERATOR, BOOT, nova.token)
    log.warning("reply token %s", nova.sync.reply_token)
    log.warning("opened %s/bus.db", tmp_path)
    try:
        raise ValueError(f"in {tmp_path}/secret/place.txt token={nova.token}")
    except ValueError:
        log.exception("It failed")
    text = (await rest.http.get("/api/logs")).text + (await rest.http.get("/api/system/diagnostics")).text
    for secret in (OPERATOR, BOOT, nova.token, nova.sync.reply_token, str(tmp_path), "Traceback", __file__):
        assert secret not in text
    assert "ValueError" in text
    assert "bus.db" in text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /api/threads/6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb001/messages", None),
        ("AgentChatBus: http://127.0.0.1:39765/mcp/sse", None),
        ("Plugin agentchatbus_rest failed in check_message 5/6", None),
        ("Opened /srv/x/.agentchatbus/bus.db with SQLite", "Opened …/bus.db with SQLite"),
        (r"Opened C:\Users\x\bus.db with", "Opened …/bus.db with"),
        ("Authorization: Bearer abc", "Authorization: ***"),
        ("used bearer abc", "used Bearer ***"),
        ('{"token": "abc", "api_key": "d"}', '{"token": "***", "api_key": "***"}'),
        ("key " + "0f" * 32, "key ***"),
        ("acb_" + "x1" * 20, "***"),
    ],
)
def test_a_line_is_masked(line: str, shown: str | None) -> None:
    masked = Masking(secrets=[], folders=[])(line)
    if shown is None:
        assert masked == line
    else:
        assert masked.replace('"', "") == shown.replace('"', "")


async def test_agents_cannot_read_the_log(make_bus: MakeBus) -> None:
    rest = await site(make_bus)
    nova = await rest.bus.agent("Nova")
    for path in ("/api/logs", "/api/system/diagnostics"):
        answer = await rest.http.get(path, headers={"x-agent-token": nova.token})
        assert answer.status_code == 403


async def test_diagnostics_have_every_key_of_the_contract_and_no_place(make_bus: MakeBus, tmp_path: Path) -> None:
    """H25: it told where the program and the database lie."""
    rest = await site(make_bus, BusSettings(data_dir=tmp_path))
    await rest.bus.agent("Nova")
    await rest.post("hello")
    found = (await rest.http.get("/api/system/diagnostics")).json()
    assert set(found) == {
        *["db_ok", "db_latency_ms", "mcp_ok", "mcp_tools_count", "mcp_prompts_count", "mcp_resources_count"],
        *["active_sse_connections", "sse_simulated_ok", "online_agents_total", "sse_agents_count"],
        *["stdio_agents_count", "server_time_utc", "total_latency_ms", "app_dir", "db_path", "uptime_seconds"],
        *["total_threads", "total_messages", "logs", "pid"],
    }
    assert (found["app_dir"], found["db_path"], found["pid"]) == ("", "", os.getpid())
    assert (found["db_ok"], found["mcp_ok"], found["sse_simulated_ok"]) == (True, True, True)
    assert (found["total_threads"], found["total_messages"], found["online_agents_total"]) == (1, 1, 1)
    assert found["mcp_tools_count"] >= 20


async def test_every_stream_counts_once(make_bus: MakeBus) -> None:
    """H48."""
    from tests.plugins.rest_kit import streaming

    rest = await site(make_bus)
    async with streaming(rest), streaming(rest):
        found = (await rest.http.get("/api/system/diagnostics")).json()
    assert found["active_sse_connections"] == 2


async def test_diagnostics_are_no_error_when_the_storage_fails(make_bus: MakeBus) -> None:
    class BrokenStorage(MemoryStorage):
        is_broken = False

        async def read(self, work: Any) -> Any:
            if self.is_broken:
                raise Unavailable("The disk is gone.")
            return await super().read(work)

    storage: Storage = BrokenStorage()
    assert isinstance(storage, MemoryStorage)
    offer: StorageOffer = offer_of(storage)
    from agentchatbus_rest import RestPlugin, RestSettings

    bus = await make_bus(plugins=[ide(), RestPlugin(RestSettings())], storage=offer)
    (transport,) = bus.app.transports
    async with httpx.AsyncClient(transport=httpx.ASGITransport(transport.app), base_url="http://127.0.0.1") as http:
        BrokenStorage.is_broken = True
        answer = await http.get("/api/system/diagnostics")
        BrokenStorage.is_broken = False
    assert (answer.status_code, answer.json()["db_ok"]) == (200, False)
