"""The transport contract on MCP over Streamable HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentchatbus.testing import AgentHandle
from agentchatbus.testing.contracts.transport import HttpAnswer, HttpRequest, TransportContract
from agentchatbus_mcp import McpHttpPlugin
from agentchatbus_mcp.settings import McpSettings

REVISION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientInfo": {"name": "contract", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class TestMcpHttp(TransportContract):
    def make_plugin(self) -> McpHttpPlugin:
        return McpHttpPlugin(McpSettings())

    def request(self, operation: str, arguments: Mapping[str, Any], agent: AgentHandle | None) -> HttpRequest:
        proof = {"agent_id": agent.agent_id, "token": agent.token} if agent else {}
        params = {"name": operation, "arguments": dict(arguments) | proof, "_meta": META}
        return HttpRequest(
            path="/mcp",
            headers={
                "accept": "application/json, text/event-stream",
                "mcp-protocol-version": REVISION,
                "mcp-method": "tools/call",
                "mcp-name": operation,
            },
            body=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode(),
        )

    def is_refusal(self, answer: HttpAnswer) -> bool:
        return is_refused(answer)


def is_refused(answer: HttpAnswer) -> bool:
    """Return whether a client of MCP reads an answer as a refusal."""
    if answer.status >= 400:
        return True
    message = _message(answer)
    result = message.get("result", {})
    text = " ".join(block.get("text", "") for block in result.get("content", ()))
    return "error" in message or bool(result.get("isError")) or '"error"' in text


def _message(answer: HttpAnswer) -> dict[str, Any]:
    if "text/event-stream" not in answer.headers.get("content-type", ""):
        return dict(json.loads(answer.body))
    lines = [line[5:] for line in answer.text.splitlines() if line.startswith("data:") and line[5:].strip()]
    return dict(json.loads(lines[-1]))
