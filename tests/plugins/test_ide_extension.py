"""The editor extension's calls, in the order in which it makes them, against a server as it starts one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kernel.serving import RunningServer, running_server
from tests.plugins.attachments_kit import png

BOOT = "boot-token-of-this-editor"
MCP = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "Visual Studio Code", "version": "1.0"},
    },
}
TAKEN = "READ_MESSAGES_THEN_CALL_MSG_WAIT"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that an editor has started."""
    configuration = tmp_path / "agentchatbus.toml"
    configuration.write_text(f"[server]\ndata_dir = {json.dumps(str(tmp_path / 'data'))}\n")
    with running_server(configuration, AGENTCHATBUS_OWNER_BOOT_TOKEN=BOOT) as running:
        yield running


class Extension:
    """Calls as the extension does: JSON, and every answer has to be a success."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.http.post(path, json=body) if body is not None else self.http.post(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


def test_the_extension_starts_talks_and_stops_the_server(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url, timeout=30) as http:
        extension = Extension(http)
        session = start(extension)
        identity = register(extension)
        thread = threads(extension, identity)
        chat(extension, thread, identity)
        management(extension, session, server)
        assert extension.post("/api/shutdown", session | {"force": False})["status"] == "accepted"
    code, out, errors = server.ended()
    assert (code, out) == (0, "")
    assert BOOT not in errors


def start(extension: Extension) -> dict[str, Any]:
    """Probe the server, own it, and connect to its events and to MCP."""
    assert {"status": "ok", "service": "AgentChatBus"}.items() <= extension.get("/health").items()
    assert extension.get("/api/metrics")["status"] == "ok"
    claim = {"instance_id": "window-1", "ide_label": "VS Code", "claim_owner": True, "owner_boot_token": BOOT}
    registered = extension.post("/api/ide/register", claim)
    assert registered["can_shutdown"]
    headers = {"accept": "application/json, text/event-stream"}
    initialized = extension.http.post("/mcp", json=MCP, headers=headers)
    assert initialized.status_code == 200
    assert "serverInfo" in initialized.text
    return {key: registered[key] for key in ("instance_id", "session_token")}


def register(extension: Extension) -> dict[str, Any]:
    """Become the person at the editor."""
    person = {"name": "vscode-ui-human", "display_name": "VSCode User", "ide": "vscode", "model": "human"}
    identity: dict[str, Any] = extension.post("/api/agents/register", person)
    assert identity["agent_id"]
    assert identity["token"]
    extension.http.headers["x-agent-token"] = identity["token"]
    agents = extension.get("/api/agents")
    assert [agent["display_name"] for agent in agents] == ["VSCode User"]
    return identity


def threads(extension: Extension, identity: dict[str, Any]) -> str:
    """Create a thread and do to it what the tree view offers."""
    body = {"topic": "From the editor", "creator_agent_id": identity["agent_id"]}
    thread_id: str = extension.post("/api/threads", body, 201)["id"]
    with extension.http.stream("GET", "/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        assert extension.post(f"/api/threads/{thread_id}/state", {"state": "implement"})["ok"]
        assert "thread.state" in next(line for line in events.iter_lines() if line.startswith("data: "))
    extension.post(f"/api/threads/{thread_id}/archive")
    assert extension.get("/api/threads", include_archived="false")["threads"] == []
    extension.post(f"/api/threads/{thread_id}/unarchive")
    (listed,) = extension.get("/api/threads", include_archived="true")["threads"]
    assert {"id", "topic", "status", "created_at"} <= set(listed)
    assert listed["status"] == "implement"
    return thread_id


def chat(extension: Extension, thread_id: str, identity: dict[str, Any]) -> None:
    """Read, post a picture, and post once more after somebody else did."""
    path = f"/api/threads/{thread_id}"
    assert extension.get(f"{path}/messages", after_seq=0) == []
    file = {"file": ("screen.png", png(), "image/png")}
    uploaded = extension.http.post("/api/upload/image", files=file)
    assert uploaded.status_code == 200
    image = uploaded.json()
    assert extension.http.get(image["url"]).content == png()
    sync = extension.post(f"{path}/sync-context", {})
    body = {"author": identity["agent_id"], "content": "look", "images": [image], **sync_fields(sync)}
    assert extension.post(f"{path}/messages", body, 201)["seq"] == 1
    sync = extension.post(f"{path}/sync-context", {})
    somebody = httpx.post(f"{extension.http.base_url}{path}/messages", json={"content": "in between"})
    assert somebody.status_code == 201
    late = {"author": identity["agent_id"], "content": "late", **sync_fields(sync)}
    refused = extension.post(f"{path}/messages", late, 409)
    assert refused["action"] == TAKEN
    sync = extension.post(f"{path}/sync-context", {})
    assert extension.post(f"{path}/messages", late | sync_fields(sync), 201)["seq"] == 3
    first, *_ = extension.get(f"{path}/messages", after_seq=0)
    assert {"id", "seq", "author", "role", "content", "metadata", "reactions", "priority"} <= set(first)
    assert json.loads(first["metadata"])["images"] == [image]
    agents = extension.get(f"{path}/agents")
    assert [agent["id"] for agent in agents] == [identity["agent_id"]]


def sync_fields(sync: dict[str, Any]) -> dict[str, Any]:
    return {"expected_last_seq": sync["current_seq"], "reply_token": sync["reply_token"]}


def management(extension: Extension, session: dict[str, Any], server: RunningServer) -> None:
    """Show the log and the process, and say that the editor still runs; as a person, not as an agent."""
    token = extension.http.headers.pop("x-agent-token")
    assert extension.get("/api/system/diagnostics")["pid"] == server.process.pid
    log = extension.get("/api/logs", after=0, limit=200)
    assert log["next_cursor"] == max([entry["id"] for entry in log["entries"]], default=0)
    assert token not in str(log)
    assert extension.post("/api/ide/heartbeat", session)["is_owner"]
    assert extension.get("/api/ide/status", **session)["can_shutdown"]
    threads = extension.get("/api/threads")["threads"]
    for thread in threads:
        assert extension.http.delete(f"/api/threads/{thread['id']}").status_code == 200
    other = extension.post("/api/ide/register", {"instance_id": "window-2", "ide_label": "VS Code"})
    proof = {key: other[key] for key in ("instance_id", "session_token")}
    assert extension.post("/api/ide/unregister", proof)["registered"] is False


def test_the_server_stops_with_the_last_editor(server: RunningServer) -> None:
    with httpx.Client(base_url=server.url, timeout=30) as http:
        extension = Extension(http)
        session = start(extension)
        assert extension.post("/api/ide/unregister", session)["shutdown_requested"]
    assert server.ended()[0] == 0
