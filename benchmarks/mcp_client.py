"""The two wire forms of Streamable HTTP: stateless requests (2026-07-28) and sessions (2025-11-25)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from benchmarks.client import Address, Connection, RequestFailed

PATH = "/mcp"
ACCEPT = b"accept: application/json, text/event-stream\r\n"
MODERN = "2026-07-28"
LEGACY = "2025-11-25"
CLIENT = {"name": "benchmarks", "version": "1"}


class Caller(Protocol):
    """One MCP client."""

    connection: Connection

    def send(self, tool: str, arguments: dict[str, Any]) -> None:
        """Send a tool call whose result is taken later with `receive`."""

    async def receive(self) -> Any:
        """Return the JSON of the one text block of the next result."""

    async def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        """Call a tool and return the JSON of its one text block."""


@dataclass(slots=True)
class ModernCaller:
    """A client that puts all it has to say into each request."""

    connection: Connection
    meta: dict[str, Any] = field(
        default_factory=lambda: {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": CLIENT,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    )

    def send(self, tool: str, arguments: dict[str, Any]) -> None:
        params = {"name": tool, "arguments": arguments, "_meta": self.meta}
        headers = f"mcp-protocol-version: {MODERN}\r\nmcp-method: tools/call\r\nmcp-name: {tool}\r\n"
        self.connection.send("POST", PATH, _request("tools/call", params), ACCEPT + headers.encode())

    async def receive(self) -> Any:
        return await _tool_result(self.connection)

    async def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        self.send(tool, arguments)
        return await self.receive()


@dataclass(slots=True)
class LegacyCaller:
    """A client that has introduced itself and holds a session."""

    connection: Connection
    headers: bytes

    def send(self, tool: str, arguments: dict[str, Any]) -> None:
        body = _request("tools/call", {"name": tool, "arguments": arguments})
        self.connection.send("POST", PATH, body, self.headers)

    async def receive(self) -> Any:
        return await _tool_result(self.connection)

    async def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        self.send(tool, arguments)
        return await self.receive()


async def connect(address: Address, version: str) -> Caller:
    """Open a connection and return a caller that speaks this protocol version."""
    connection = await Connection.open(address)
    if version == MODERN:
        return ModernCaller(connection)
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
    answer = await connection.request("POST", PATH, _request("initialize", params), ACCEPT)
    session = answer.header(b"mcp-session-id")
    if answer.status != 200 or session is None:
        raise RequestFailed(f"initialize: {answer.status} {answer.body[:300]!r}")
    headers = ACCEPT + f"mcp-session-id: {session}\r\nmcp-protocol-version: {version}\r\n".encode()
    done = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await connection.request("POST", PATH, orjson.dumps(done), headers)
    return LegacyCaller(connection, headers)


def _request(method: str, params: dict[str, Any]) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


async def _tool_result(connection: Connection) -> Any:
    answer = await connection.receive()
    body = answer.body
    if b"text/event-stream" in answer.head:
        body = next(
            line[5:] for line in reversed(body.splitlines()) if line.startswith(b"data:") and len(line) > len(b"data: ")
        )
    message = orjson.loads(body)
    result = message.get("result")
    if result is None or result.get("isError"):
        raise RequestFailed(f"tools/call: {answer.status} {body[:300]!r}")
    document = orjson.loads(result["content"][0]["text"])
    if isinstance(document, dict) and "error" in document:
        raise RequestFailed(f"tools/call: {body[:300]!r}")
    return document
