"""A plugin of one file adds a tool, a route, settings, documents, a panel, a badge and commands; the kernel knows none.

Everything is seen from outside: over MCP, over HTTP, on the command line.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from mcp.client.client import Client

from tests.end_to_end.processes import running_server
from tests.kernel.serving import run_command

EXAMPLE = Path(__file__).parents[2] / "examples" / "console_panel.py"
TEXT = "Split the accounts table in two steps."


def configuration(folder: Path, text: str) -> Path:
    file = folder / "bus.toml"
    file.write_text(f"[plugins]\npaths = [{json.dumps(str(EXAMPLE))}]\n{text}")
    return file


def decide(http: httpx.Client) -> None:
    """Post a decision as a person."""
    agent = http.post("/api/agents/register", json={"ide": "Test", "model": "test"}).json()
    created = http.post(
        "/api/threads",
        json={"topic": "Schema", "creator_agent_id": agent["agent_id"]},
        headers={"X-Agent-Token": agent["token"]},
    )
    posted = http.post(
        f"/api/threads/{created.json()['id']}/messages", json={"content": "settled", "metadata": {"ruling": TEXT}}
    )
    assert posted.status_code == 201, posted.text


async def tool_answer(url: str, tool: str) -> Any:
    async with Client(f"{url}/mcp", mode="2026-07-28") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert tool in names
        return (await client.call_tool(tool, {})).content


def test_a_plugin_adds_everything_without_the_kernel(tmp_path: Path) -> None:
    file = configuration(tmp_path, '[plugins.console_panel]\nkey = "ruling"\n')
    with running_server(tmp_path, "--config", str(file)) as server:
        with httpx.Client(base_url=server.url, timeout=30) as http:
            decide(http)
            [entry] = http.get("/api/console").json()["panels"]
            assert http.get("/api/console").json()["decorations"][0]["key"] == "ruling"
            assert TEXT in http.get(entry["path"]).text
            assert entry["path"] in http.get("/openapi.json").json()["paths"]
        assert TEXT in str(asyncio.run(tool_answer(server.url, "decision_list")))
        server.kill()
        server.start()
        assert [item["text"] for item in httpx.get(f"{server.url}/api/decisions", timeout=30).json()] == [TEXT]
        server.stop()
    where = {"AGENTCHATBUS_DB": str(tmp_path / "bus.db"), "HOME": str(tmp_path)}
    printed = run_command("decisions", "list", "--config", str(file), **where)
    assert (printed.returncode, printed.stdout.strip().endswith(f"human: {TEXT}")) == (0, True), printed
    described = run_command("plugins", "info", "console_panel", "--config", str(file), **where).stdout
    for part in ("key", "decision_list", "panel", "decoration", "agentchatbus decisions"):
        assert part in described


def test_commands_of_a_file_are_there_when_the_configuration_names_it(tmp_path: Path) -> None:
    file = configuration(tmp_path, "")
    assert "decisions" in run_command("--help", HOME=str(tmp_path), AGENTCHATBUS_CONFIG=str(file)).stdout
    without = run_command("decisions", "list", HOME=str(tmp_path))
    assert (without.returncode, "no command 'decisions'" in without.stderr) == (2, True)
    left_out = configuration(tmp_path, 'disable = ["console_panel"]\n')
    assert "decisions" not in run_command("--help", HOME=str(tmp_path), AGENTCHATBUS_CONFIG=str(left_out)).stdout
