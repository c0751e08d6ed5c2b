"""Agents that do over REST what a test tells them, also wait while it goes on."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import httpx

PATIENCE = 60.0


@dataclass
class Bus:
    """A running bus, with whoever takes part in it."""

    url: str
    http: httpx.Client = field(init=False)
    waits: list[Wait] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> Any:
        """Send a request as an agent, or as a person without a token."""
        headers = {"X-Agent-Token": token} if token else {}
        response = self.http.request(method, path, headers=headers, **more)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def agent(self, name: str, emoji: str | None = None, **more: Any) -> Agent:
        """Register an agent."""
        body = {"ide": "Cursor", "model": "GPT-5", "display_name": name, "emoji": emoji, **more}
        answer = self.ask("POST", "/api/agents/register", json=body)
        return Agent(self, answer["agent_id"], answer["token"], name)

    def say(self, thread: str, content: str, **more: Any) -> dict[str, Any]:
        """Post as a person."""
        return dict(self.ask("POST", f"/api/threads/{thread}/messages", json={"content": content, **more}))

    def messages(self, thread: str) -> list[dict[str, Any]]:
        """Return what is stored of a thread, with its metadata read."""
        rows = self.ask("GET", f"/api/threads/{thread}/messages", params={"include_system_prompt": False})
        return [{**row, "metadata": json.loads(row["metadata"] or "{}")} for row in rows]

    def thread(self, thread: str) -> dict[str, Any]:
        """Return one thread."""
        return dict(self.ask("GET", f"/api/threads/{thread}"))

    def reads(self, thread: str, seq: int) -> None:
        """Have the person read up to a seq."""
        self.ask("POST", f"/api/threads/{thread}/read", json={"seq": seq})

    def upload(self, name: str, content: bytes, kind: str = "image/png") -> dict[str, Any]:
        """Upload a picture."""
        return dict(self.ask("POST", "/api/upload/image", files={"file": (name, content, kind)}))

    def waiting(self) -> int:
        """Return how many agents wait."""
        return sum(bool(agent["waiting_in"]) for agent in self.ask("GET", "/api/agents"))

    def hang_up(self) -> None:
        """End all connections, also those of agents that wait; the next request opens one again."""
        for wait in self.waits:
            wait.end()
        self.waits.clear()
        self.http.close()
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def close(self) -> None:
        """Hang up for good."""
        self.hang_up()
        self.http.close()


@dataclass
class Wait:
    """A wait that goes on until it is answered, or its client hangs up."""

    connection: HTTPConnection

    def end(self) -> None:
        self.connection.close()


@dataclass
class Agent:
    """One agent."""

    bus: Bus
    id: str
    token: str
    name: str

    def creates(self, topic: str, **more: Any) -> str:
        """Create a thread and return its id."""
        body = {"topic": topic, "creator_agent_id": self.id, **more}
        return str(self.bus.ask("POST", "/api/threads", self.token, json=body)["id"])

    def says(self, thread: str, content: str, **more: Any) -> dict[str, Any]:
        """Post to a thread."""
        body = {"author": self.id, "content": content, "role": "assistant", **more}
        return dict(self.bus.ask("POST", f"/api/threads/{thread}/messages", self.token, json=body))

    def reacts(self, message: dict[str, Any], label: str) -> None:
        body = {"reaction": label, "agent_id": self.id}
        self.bus.ask("POST", f"/api/messages/{message['id']}/reactions", self.token, json=body)

    def takes_back(self, message: dict[str, Any], label: str) -> None:
        params = {"reaction": label, "agent_id": self.id}
        self.bus.ask("DELETE", f"/api/messages/{message['id']}/reactions", self.token, params=params)

    def edits(self, message: dict[str, Any], content: str) -> None:
        self.bus.ask("PUT", f"/api/messages/{message['id']}", self.token, json={"content": content})

    def types(self, thread: str, *, is_typing: bool = True) -> None:
        self.bus.ask("POST", f"/api/threads/{thread}/typing", self.token, json={"is_typing": is_typing})

    def leaves(self) -> None:
        self.bus.ask("POST", "/api/agents/unregister", json={"agent_id": self.id, "token": self.token})

    def waits(self, thread: str, waiting_for: list[Agent] | None = None) -> Wait:
        """Begin to wait and return when the bus knows of it."""
        last = self.bus.ask("GET", f"/api/threads/{thread}")["last_seq"]
        self.bus.ask("POST", f"/api/threads/{thread}/sync-context", self.token, json={"agent_id": self.id})
        body = {"after_seq": last, "timeout_ms": 300_000, "waiting_for": [agent.id for agent in waiting_for or ()]}
        wait = Wait(HTTPConnection(self.bus.url.removeprefix("http://")))
        headers = {"X-Agent-Token": self.token, "Content-Type": "application/json"}
        wait.connection.request("POST", f"/api/threads/{thread}/wait", json.dumps(body), headers)
        self.bus.waits.append(wait)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            states = self.bus.ask("GET", f"/api/threads/{thread}/waits")
            if any(state["agent_id"] == self.id for state in states):
                return wait
            time.sleep(0.01)
        raise AssertionError(f"{self.name} does not wait: {states}")
