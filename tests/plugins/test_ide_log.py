"""What an editor is told of the server: its log and its diagnostics, without a secret."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentchatbus.plugin_api import BusSettings, Storage, StorageOffer, Unavailable
from agentchatbus.testing import MakeBus, MemoryStorage
from agentchatbus_ide.masking import Masking
from tests.plugins.attachments_kit import offer_of
from tests.plugins.ide_kit import BOOT, OPERATOR, ide, site


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
