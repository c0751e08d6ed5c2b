"""Asking one bus for everything, in everybody's name, and keeping what it says."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn

from agentchatbus.app import App, open_bus
from agentchatbus.config import load_config
from agentchatbus.plugin_api import Operation
from agentchatbus.server import Dispatcher, Guard
from tests.contract.drivers import ACCEPT, META, MODERN
from tests.contract.rest import WITH_BODY

HANDS_OUT = {
    "agent_register": {"agent"},
    "bus_connect": {"agent", "reply"},
    "thread_create": {"reply"},
    "sync_context": {"reply"},
    "msg_post": {"reply"},
    "msg_wait": {"reply"},
    "token_create": {"access"},
}
"""Operations whose answers hold tokens, and of which kind."""

CALLERS = ("agent", "operator", "nobody", "wrong")
LAST = ("agent_kick", "agent_unregister", "token_revoke", "thread_delete")
SECONDS = 120
"""How long everything may take on a busy machine."""

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
SAMPLES: dict[str, Any] = {"string": "x", "integer": 1, "number": 1.0, "boolean": True, "object": {}, "array": []}


@dataclass
class Found:
    """A text that came from the bus, and where it was."""

    where: str
    text: str


@dataclass
class Drive:
    """Everything that is asked of one bus, and everything that it says."""

    app: App
    http: httpx.AsyncClient
    operator: str
    known: dict[str, str] = field(default_factory=dict)
    """Tokens and of which kind they are."""

    answers: list[tuple[str, Found]] = field(default_factory=list)

    async def rest(self, operation: str, method: str, path: str, headers: dict[str, str], **more: Any) -> Any:
        answer = await self.http.request(method, path, headers=headers, **more)
        self.learn(operation, f"{method} {path}", answer.text + repr(answer.headers))
        return answer

    async def mcp(self, method: str, params: dict[str, Any], headers: dict[str, str], operation: str = "") -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
        routing = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if name := params.get("name") or params.get("uri"):
            routing["Mcp-Name"] = name
        answer = await self.http.post("/mcp", json=body, headers={**ACCEPT, **routing, **headers})
        self.learn(operation, f"{method} {name}", answer.text)
        return answer

    def learn(self, operation: str, where: str, text: str) -> None:
        """Keep an answer, and note the tokens that it hands out."""
        kinds = HANDS_OUT.get(operation, set())
        if "agent" in kinds:
            self._note("agent", re.findall(r'\\?"token\\?": ?\\?"([0-9a-f]{64})', text))
        if "reply" in kinds:
            self._note("reply", re.findall(r'\\?"reply_token\\?": ?\\?"([\w-]{32})', text))
        if "access" in kinds:
            self._note("access", re.findall(r"acb_[\w-]{20,}", text))
        self.answers.append((operation, Found(where, text)))

    def _note(self, kind: str, tokens: list[str]) -> None:
        self.known |= dict.fromkeys(tokens, kind)

    async def agent(self) -> dict[str, str]:
        """Register somebody."""
        body = {"ide": "Ide", "model": uuid4().hex}
        made = await self.rest("agent_register", "POST", "/api/agents/register", {}, json=body)
        return {"agent_id": made.json()["agent_id"], "token": made.json()["token"]}

    async def pool(self) -> dict[str, Any]:
        """Make what arguments can name, so that no call depends on another one."""
        proof = await self.agent()
        header = {"X-Agent-Token": proof["token"]}
        made = {"topic": uuid4().hex, "creator_agent_id": proof["agent_id"]}
        thread = (await self.rest("thread_create", "POST", "/api/threads", header, json=made)).json()["id"]
        room = f"/api/threads/{thread}"
        message = (await self.rest("msg_post", "POST", f"{room}/messages", header, json={"content": "hello"})).json()
        sync = (await self.rest("sync_context", "POST", f"{room}/sync-context", header, json=proof)).json()
        wanted = {"name": "x", "scope": "human"}
        access = (await self.rest("token_create", "POST", "/api/tokens", {}, json=wanted)).json()
        return {
            **proof,
            "agent": proof["agent_id"],
            "author": proof["agent_id"],
            "thread_id": thread,
            "message_id": message["id"],
            "expected_last_seq": sync["current_seq"],
            "reply_token": sync["reply_token"],
            "token_id": access["id"],
            "thread_name": made["topic"],
            "id": f"t{uuid4().hex[:8]}",
            "topic": uuid4().hex,
            "template_id": "brainstorm",
            "query": "hello",
            "state": "review",
            "scope": "agent",
            "action": "keep",
            "confirm": True,
            "timeout_ms": 1,
            "after_seq": 0,
            "uri": f"chat://threads/{thread}/transcript",
        }

    async def drive(self, operation: Operation[Any]) -> None:
        """Ask for an operation rightly and wrongly, in everybody's name, over both ways in."""
        pool = await self.pool()
        for caller in CALLERS:
            if caller == "operator" or operation.name in LAST:
                pool = await self.pool()  # what the agent did may have used up the one before
            given = arguments_of(operation, pool, proves=caller == "agent")
            for arguments in (given, spoiled(given, caller)):
                if operation.tool:
                    headers = self._headers(caller, pool)
                    await self.mcp(
                        "tools/call", {"name": operation.name, "arguments": arguments}, headers, operation.name
                    )
                if operation.route is not None:
                    await self._ask_route(operation, arguments, self._headers(caller, pool))

    def _headers(self, caller: str, pool: dict[str, Any]) -> dict[str, str]:
        proofs = {
            "agent": {"X-Agent-Token": pool["token"]},
            "operator": {"X-Admin-Token": self.operator},
            "wrong": {"Authorization": f"Bearer {'0' * 64}"},
        }
        return proofs.get(caller, {})

    async def _ask_route(self, operation: Operation[Any], given: dict[str, Any], headers: dict[str, str]) -> None:
        assert operation.route is not None
        given, method = dict(given), operation.route.method
        path = re.sub(r"\{(\w+)\}", lambda match: str(given.pop(match[1], "x")), operation.route.path)
        more: dict[str, Any] = {"json": given}
        if method not in WITH_BODY:  # no client puts a token into an address, and the bus reads none from there
            more = {"params": {name: value for name, value in given.items() if "token" not in name}}
        if "upload" in operation.name:
            more = {"files": {"file": ("a.png", PICTURE, "image/png")}}
        await self.rest(operation.name, method, path, headers, **more)


def arguments_of(operation: Operation[Any], pool: dict[str, Any], *, proves: bool) -> dict[str, Any]:
    """Return arguments that fit: those that the pool knows, and a sample of every other one that is required."""
    schema = operation.params.model_json_schema()
    given = {}
    for name, item in schema.get("properties", {}).items():
        if name in ("token", "agent_id") and not proves and name not in schema.get("required", ()):
            continue
        if name in pool:
            given[name] = pool[name]
        elif name in schema.get("required", ()):
            given[name] = sample(item, schema)
    return given


def sample(item: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return a value that fits a schema."""
    if "$ref" in item:
        item = schema["$defs"][item["$ref"].rpartition("/")[2]]
    if "enum" in item:
        return item["enum"][0]
    kinds = [option.get("type") for option in item.get("anyOf", [item])]
    return next((SAMPLES[kind] for kind in kinds if kind in SAMPLES), "x")


def spoiled(given: dict[str, Any], caller: str) -> dict[str, Any]:
    """Return the arguments with one of them wrong or left out, so that a refusal has something to repeat."""
    name = next((name for name in given if name not in ("token", "agent_id", "reply_token")), "none")
    others = {key: value for key, value in given.items() if key != name}
    return others if caller == "operator" else {**others, name: {"wrong": [1]}}


@asynccontextmanager
async def driven(folder: Path) -> AsyncIterator[Drive]:
    """Serve a bus with every installed plugin in this process."""
    operator = secrets.token_hex(20)
    environ = {
        "AGENTCHATBUS_SERVER__DATA_DIR": str(folder),
        "AGENTCHATBUS_DB": str(folder / "bus.db"),
        "AGENTCHATBUS_ADMIN_TOKEN": operator,
        "AGENTCHATBUS_EXPOSE_THREAD_RESOURCES": "1",
    }
    listener = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # else asyncio delays small answers
    listener.bind(("127.0.0.1", 0))
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_bus(load_config(None, environ=environ)))
        for transport in app.transports:
            await stack.enter_async_context(transport.lifespan())
        guarded = Guard(Dispatcher(app.transports), app.config.server, max_body_bytes=2**22)
        server = uvicorn.Server(uvicorn.Config(guarded, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, timeout=20, verify=False) as http:
            yield Drive(app, http, operator, {operator: "operator"})
        for transport in app.transports:
            transport.stop()
        server.should_exit = True
        await serving


async def everything(drive: Drive) -> None:
    """Ask for every operation and everything that can be read beside them; what destroys comes last."""
    operations = sorted(drive.app.operations, key=lambda item: item.name in LAST)
    for operation in operations:
        if "shutdown" not in operation.name:
            await drive.drive(operation)
    for path in ("/health", "/openapi.json", "/docs", "/api/debug/sse-status"):
        await drive.rest("", "GET", path, {})
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        await drive.mcp(method, {}, {})
    listed = await drive.mcp("resources/list", {}, {"X-Admin-Token": drive.operator})
    for resource in listed.json()["result"]["resources"][:40]:
        await drive.mcp("resources/read", {"uri": resource["uri"]}, {"X-Admin-Token": drive.operator})
