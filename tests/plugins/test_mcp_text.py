"""JSON can say what is no text: half a surrogate pair. Such an argument is refused like every other invalid one."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from agentchatbus.testing import MakeBus
from tests.plugins.mcp_site import Site, serving
from tests.plugins.test_mcp_http import ACCEPT, tool_call

VERSION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
}
FIELDS = ["content", "reply_token", "thread_id", "agent_id", "author", "reply_to_msg_id", "idempotency_key"]
HALF = "\ud800 hi"


async def ask(site: Site, request: dict[str, Any]) -> Any:
    """Send a tool call as ASCII, which writes the half as an escape, and return the answer."""
    async with httpx.AsyncClient(base_url=site.url) as http:
        name = request["params"]["name"]
        routing = {"MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": name}
        headers = {**ACCEPT, **routing, "Content-Type": "application/json"}
        response = await http.post("/mcp", content=json.dumps(request), headers=headers)
    return response.json()


@pytest.mark.parametrize("field", [*FIELDS, "metadata"])
async def test_text_that_is_no_unicode_is_an_invalid_argument(make_bus: MakeBus, field: str) -> None:
    async with serving(make_bus) as site:
        agent = await site.harness.agent("Nova")
        arguments: dict[str, Any] = {
            "thread_id": agent.thread_id,
            "author": agent.agent_id,
            "content": "hello",
            "expected_last_seq": agent.sync.current_seq,
            "reply_token": agent.sync.reply_token,
            field: {"deep": [HALF]} if field == "metadata" else HALF,
        }
        answer = await ask(site, tool_call("msg_post", meta=META, **arguments))
        assert answer["result"]["isError"] is True
        refusal = answer["result"]["structuredContent"]
        assert refusal["error"] == "INVALID_ARGUMENT"
        assert f"{field}: Text must not hold half a surrogate pair" in refusal["detail"]
        assert await site.harness.messages() == []
