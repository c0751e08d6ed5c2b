"""What there is for a case to talk about: made only when a case asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from tests.contract.site import Site

MISSING = "00000000-0000-4000-8000-000000000000"
KEY = "AKIA" + "Q3EGRTYU4IOPAS5D"
"""What looks like a key and opens nothing."""


@dataclass(frozen=True)
class Person:
    """An agent with its proof."""

    id: str
    token: str
    name: str
    display_name: str

    @property
    def proof(self) -> dict[str, str]:
        return {"agent_id": self.id, "token": self.token}


class World:
    """A thread of its own for each case, and who is in it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.mark = uuid4().hex[:10]
        """A word that no other case uses."""

    def agent(self, name: str, **introduction: Any) -> Person:
        body = {"ide": "Ide", "model": f"{name} {self.mark}", "display_name": f"{name} {self.mark}"} | introduction
        made = self.site.ask("POST", "/api/agents/register", json=body)
        return Person(made["agent_id"], made["token"], made["name"], made["display_name"])

    @cached_property
    def nova(self) -> Person:
        """Who made the thread."""
        return self.agent("Nova")

    @cached_property
    def orion(self) -> Person:
        """Who takes part."""
        return self.agent("Orion")

    @cached_property
    def opened(self) -> dict[str, Any]:
        return self.open(f"Room {self.mark}")

    def open(self, topic: str) -> dict[str, Any]:
        body = {"topic": topic, "creator_agent_id": self.nova.id}
        opened: dict[str, Any] = self.site.ask("POST", "/api/threads", token=self.nova.token, json=body)
        return opened

    @property
    def thread(self) -> str:
        return str(self.opened["id"])

    @cached_property
    def other_thread(self) -> str:
        return str(self.open(f"Elsewhere {self.mark}")["id"])

    def sync(self, agent: Person | None = None, thread: str | None = None) -> dict[str, Any]:
        """Return fresh sync fields, an agent's own or nobody's."""
        path = f"/api/threads/{thread or self.thread}/sync-context"
        body = {"agent_id": agent.id} if agent else {}
        context = self.site.ask("POST", path, token=agent.token if agent else None, json=body)
        return {"expected_last_seq": context["current_seq"], "reply_token": context["reply_token"]}

    def say(self, content: str, agent: Person | None = None, thread: str | None = None, **more: Any) -> dict[str, Any]:
        """Post a message as an agent, or as the person."""
        body = {"content": content} | ({"author": agent.id} if agent else {}) | more
        path = f"/api/threads/{thread or self.thread}/messages"
        posted: dict[str, Any] = self.site.ask("POST", path, token=agent.token if agent else None, json=body)
        return posted

    @cached_property
    def message(self) -> str:
        """What Nova said."""
        return str(self.say(f"hello world {self.mark}", self.nova, metadata={"foo": "bar"})["id"])

    @cached_property
    def human_message(self) -> str:
        return str(self.say("from a person")["id"])

    @cached_property
    def message_elsewhere(self) -> str:
        return str(self.say("elsewhere", thread=self.other_thread)["id"])

    @cached_property
    def hidden(self) -> str:
        """What only people may read."""
        return str(self.say(f"secret plan {self.mark}", metadata={"visibility": "human_only"})["id"])

    @cached_property
    def template(self) -> str:
        name = f"mine-{self.mark}"
        self.site.ask("POST", "/api/templates", json={"id": name, "name": "Mine", "system_prompt": "Be brief."})
        return name

    @cached_property
    def used_token(self) -> dict[str, Any]:
        """Return sync fields whose token was used."""
        sync = self.sync()
        self.say("used", **sync)
        return sync | {"expected_last_seq": sync["expected_last_seq"] + 1}

    def close(self) -> None:
        self.site.ask("POST", f"/api/threads/{self.thread}/close", json={"summary": "bye"})
