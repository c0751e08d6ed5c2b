"""The command ``stdio``: its options, and the server that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from agentchatbus_mcp.stdio.command import stdio
from tests.end_to_end.processes import free_port
from tests.plugins.mcp_site import call


def test_an_address_that_is_none_is_named() -> None:
    result = CliRunner().invoke(stdio, ["--url", "localhost"])
    assert "no address" in str(result.exception)
    both = CliRunner().invoke(stdio, ["--url", "http://127.0.0.1:1", "--port", "2"])
    assert (both.exit_code, "Give --url or --port" in both.output) == (2, True)


async def test_the_command_starts_a_server_and_leaves_it_running(tmp_path: Path) -> None:
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AGENTCHATBUS_")}
    environment |= {"AGENTCHATBUS_PORT": "1", "AGENTCHATBUS_DATA_DIR": str(tmp_path)}
    command = ["-m", "agentchatbus", "stdio", "--lang", "Deutsch", "--port", str(port)]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=environment)
    try:
        with (tmp_path / "said").open("w") as said:
            async with Client(parameters_with(parameters, said), mode="legacy") as client:
                config = await call(client, "bus_get_config")
        assert (config["endpoint"], config["preferred_language"]) == (f"http://127.0.0.1:{port}", "Deutsch")
        assert "started one" in (tmp_path / "said").read_text()
        async with Client(f"http://127.0.0.1:{port}/mcp", mode="2026-07-28") as client:
            assert (await call(client, "thread_list"))["total"] == 0
    finally:
        end_server(tmp_path / "said")


def parameters_with(parameters: StdioServerParameters, errors: Any) -> Any:
    from mcp.client.stdio import stdio_client

    return stdio_client(parameters, errlog=errors)


def end_server(said: Path) -> None:
    """End the server that a bridge started; it said which process that is."""
    number = said.read_text().partition("(process ")[2].partition(",")[0]
    if number:
        subprocess.run(["kill", number], check=False)
