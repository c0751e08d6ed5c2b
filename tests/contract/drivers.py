"""One thin client for each way in; all of them say what came back in the same words."""

from __future__ import annotations

import itertools
import json
import queue
import re
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.contract.site import SECONDS, Site, client
from tests.kernel.serving import clean_environment

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
ACCEPT = {"Accept": "application/json, text/event-stream"}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "contract", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
CLIENT = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "contract", "version": "1"}}


class RpcError(Exception):
    """A JSON-RPC error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]


@dataclass(frozen=True)
class Result:
    """What a tool answered."""

    is_refused: bool
    structured: Any
    content: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return str(self.content[0]["text"])


class McpClient(ABC):
    """A client of MCP; `headers` of a call prove who calls, where the way in has headers."""

    @abstractmethod
    def request(self, method: str, params: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """Return the result of a request.

        Raises:
            RpcError: It was answered with an error.
        """

    def call(self, tool: str, arguments: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Result:
        """Call a tool."""
        answer = self.request("tools/call", {"name": tool, "arguments": dict(arguments)}, headers)
        return Result(bool(answer.get("isError")), answer.get("structuredContent"), answer["content"])


def unwrapped(answer: Mapping[str, Any]) -> Any:
    if "error" in answer:
        raise RpcError(answer["error"])
    return answer["result"]


def events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield name and data of the events of a stream."""
    name, data = "message", []
    for line in lines:
        key, _, value = line.partition(":")
        match key:
            case "event":
                name = value.strip()
            case "data":
                data.append(value.removeprefix(" "))
            case "" if not line and data:
                yield name, "\n".join(data)
                name, data = "message", []


def answer_of(response: httpx.Response, identifier: int) -> dict[str, Any]:
    """Return the answer to a request from a body that is JSON or an event stream."""
    if response.headers["content-type"].startswith("application/json"):
        found: dict[str, Any] = response.json()
        return found
    messages = (json.loads(data) for _, data in events(iter((response.text + "\n\n").split("\n"))) if data.strip())
    return next(message for message in messages if message.get("id") == identifier)


class ModernHttp(McpClient):
    """Streamable HTTP of the stateless revision."""

    def __init__(self, site: Site, stack: ExitStack) -> None:
        self._http = stack.enter_context(client(site.url))
        self._ids = itertools.count(1)

    def request(self, method: str, params: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        identifier = next(self._ids)
        body = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": {**params, "_meta": META}}
        routing = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if name := params.get("name") or params.get("uri"):
            routing["Mcp-Name"] = name
        response = self._http.post("/mcp", json=body, headers={**ACCEPT, **routing, **(headers or {})})
        return unwrapped(answer_of(response, identifier))


class LegacyHttp(McpClient):
    """Streamable HTTP of the revisions with sessions."""

    def __init__(self, site: Site, stack: ExitStack) -> None:
        self._http = stack.enter_context(client(site.url))
        self._ids = itertools.count(1)
        body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": CLIENT}
        begun = self._http.post("/mcp", json=body, headers=ACCEPT)
        self.begun = unwrapped(answer_of(begun, 0))
        self._session = {
            **ACCEPT,
            "Mcp-Session-Id": begun.headers["mcp-session-id"],
            "MCP-Protocol-Version": self.begun["protocolVersion"],
        }
        self._http.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=self._session)
        stack.callback(lambda: self._http.delete("/mcp", headers=self._session))

    def request(self, method: str, params: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        identifier = next(self._ids)
        body = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}
        response = self._http.post("/mcp", json=body, headers={**self._session, **(headers or {})})
        return unwrapped(answer_of(response, identifier))


class LegacySse(McpClient):
    """The pair of an event stream and a place for messages."""

    def __init__(self, site: Site, stack: ExitStack) -> None:
        self._http = stack.enter_context(client(site.url))
        self._ids = itertools.count(1)
        stream = stack.enter_context(self._http.stream("GET", "/mcp/sse"))
        assert stream.status_code == 200
        self._events = events(stream.iter_lines())
        name, self.endpoint = next(self._events)
        assert (name, bool(re.fullmatch(r"/mcp/messages/\?session_id=[0-9a-f]{32}", self.endpoint))) == (
            "endpoint",
            True,
        )
        self.begun = self.request("initialize", CLIENT)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"}, {})

    def _send(self, message: dict[str, Any], headers: Mapping[str, str]) -> None:
        taken = self._http.post(self.endpoint, json=message, headers=dict(headers))
        assert (taken.status_code, taken.text) == (202, "Accepted")

    def request(self, method: str, params: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        identifier = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}, headers or {})
        for _, data in self._events:
            if (message := json.loads(data)).get("id") == identifier:
                return unwrapped(message)
        raise AssertionError("the stream ended")


class Stdio(McpClient):
    """The command that clients start; it has no headers, so a process is started in somebody's name."""

    def __init__(self, process: StdioProcess) -> None:
        self._process = process

    def request(self, method: str, params: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        return unwrapped(self._process.ask(method, {**params, "_meta": META}))


class StdioProcess:
    """A bridge in a process of its own that speaks the stateless revision."""

    def __init__(self, site: Site, token: str | None = None) -> None:
        proof = {"AGENTCHATBUS_AGENT_TOKEN": token} if token else {}
        environment = clean_environment(
            AGENTCHATBUS_SERVER__DATA_DIR=str(site.server.folder), AGENTCHATBUS_PORT=str(site.server.port), **proof
        )
        command = [sys.executable, "-m", "agentchatbus", "stdio"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._ids = itertools.count(1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request and return its answer."""
        identifier = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        while True:
            message: dict[str, Any] = json.loads(self._lines.get(timeout=SECONDS))
            if message.get("id") == identifier and "method" not in message:
                assert message["jsonrpc"] == "2.0"
                return message

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=SECONDS)
        self._reader.join(timeout=SECONDS)
        self._process.stdout.close()


HTTP_WAYS = {"modern": ModernHttp, "legacy": LegacyHttp, "sse": LegacySse}
MCP_WAYS = (*HTTP_WAYS, "stdio")


class Bridges:
    """The bridges that are shared: a process takes long to start."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._shared: dict[str | None, StdioProcess] = {}

    def of(self, token: str | None = None) -> StdioProcess:
        """Return a bridge that was started with a token; without one it remembers who proved itself last."""
        if token not in self._shared:
            self._shared[token] = StdioProcess(self._site, token)
        return self._shared[token]

    @contextmanager
    def fresh(self) -> Iterator[StdioProcess]:
        """Start a bridge that remembers nobody."""
        process = StdioProcess(self._site)
        try:
            yield process
        finally:
            process.end()

    def end(self) -> None:
        for process in self._shared.values():
            process.end()


@contextmanager
def mcp_client(
    way: str, site: Site, bridges: Bridges, *, as_operator: bool = False, is_fresh: bool = False
) -> Iterator[McpClient]:
    """Connect a client that remembers nothing of others, but over stdio only where it has to be fresh."""
    with ExitStack() as stack:
        if way != "stdio":
            yield HTTP_WAYS[way](site, stack)
        elif is_fresh:
            yield Stdio(stack.enter_context(bridges.fresh()))
        else:
            yield Stdio(bridges.of(site.operator if as_operator else None))
