"""Agents and people that do random things, each of which the bus takes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser.agents import Agent, Bus

STATES = ("discuss", "implement", "review", "done")


@dataclass(frozen=True)
class Said:
    """A message that somebody posted."""

    author: Agent
    thread: str
    message: dict[str, Any]


class Crowd:
    """Four agents that stay, some that come and go, and a person."""

    def __init__(self, bus: Bus, seed: int) -> None:
        self.bus = bus
        self.random = random.Random(seed)
        self.agents = [bus.agent(f"Crowd {seed}.{number}") for number in range(4)]
        self.passers: list[Agent] = []
        self.name = f"Crowd {seed}"
        self.open = self.agents[0].creates(f"{self.name}: the open thread")
        self.threads = [self.open]
        self.put_away: list[str] = []
        self.templates: list[str] = []
        self.said: list[Said] = []
        self.done: list[str] = []
        self.say()
        self.threads.append(self.agents[1].creates(f"{self.name}: another thread"))

    def act(self, times: int) -> None:
        """Do so many random things."""
        often: list[Callable[[], None]] = [self.say] * 20 + [self.react, self.edit, self.read, self.say_as_human] * 5
        some = [self.unreact, self.change_state, self.describe, self.answer, self.type, self.wait, self.hang_up] * 2
        rare = [self.create, self.rename, self.delete, self.archive, self.bring_back, self.close, self.reopen,
                self.come, self.leave, self.kick, self.switch, self.set, self.say_in_private, self.template,
                self.edit_as_human, self.react_as_human]  # fmt: skip
        for _ in range(times):
            act = self.random.choice([*often, *some, *rare])
            act()
            self.done.append(act.__name__)

    def came_back(self) -> None:
        """Forget what a restart of the bus ended."""
        self.bus.hang_up()

    def agent(self) -> Agent:
        return self.random.choice(self.agents)

    def thread(self) -> str:
        return self.random.choice([self.open, *self.threads])

    def message(self) -> Said:
        """Return a message of a thread that takes changes."""
        return self.random.choice([said for said in self.said if said.thread in self.threads])

    def number(self) -> str:
        return f"{self.random.random():.12f}"

    def say(self, **more: Any) -> None:
        author, thread = self.agent(), self.thread()
        content = self.random.choice(["plain"] * 9 + ["**strong** é 😀", "@human please", "x" * 300])
        self.said.append(Said(author, thread, author.says(thread, f"{content} {self.number()}", **more)))

    def answer(self) -> None:
        said, author = self.message(), self.agent()
        more = {"reply_to_msg_id": said.message["id"], "metadata": {"handoff_target": said.author.id}}
        self.said.append(Said(author, said.thread, author.says(said.thread, f"so {self.number()}", **more)))

    def say_as_human(self) -> None:
        self.bus.say(self.thread(), f"a person says {self.number()}")

    def say_in_private(self) -> None:
        self.bus.say(self.thread(), f"among people {self.number()}", metadata={"visibility": "human_only"})

    def react(self) -> None:
        self.agent().reacts(self.message().message, self.random.choice(["👍", "ok", "no"]))

    def react_as_human(self) -> None:
        self.bus.ask("POST", f"/api/messages/{self.message().message['id']}/reactions", json={"reaction": "ok"})

    def unreact(self) -> None:
        self.agent().takes_back(self.message().message, "ok")

    def edit(self) -> None:
        said = self.message()
        said.author.edits(said.message, f"edited {self.number()}")

    def edit_as_human(self) -> None:
        body = {"content": f"put right {self.number()}"}
        self.bus.ask("PUT", f"/api/messages/{self.message().message['id']}", json=body)

    def create(self) -> None:
        self.threads.append(self.agent().creates(f"{self.name}: thread {self.number()}"))

    def rename(self) -> None:
        topic = f"{self.name}: renamed {self.number()}"
        self.bus.ask("POST", f"/api/threads/{self.random.choice(self.threads)}/rename", json={"topic": topic})

    def change_state(self) -> None:
        self.bus.ask("POST", f"/api/threads/{self.thread()}/state", json={"state": self.random.choice(STATES)})

    def archive(self) -> None:
        self._put_away("archive")

    def close(self) -> None:
        self._put_away("close")

    def _put_away(self, how: str) -> None:
        if thread := self._another():
            self.bus.ask("POST", f"/api/threads/{thread}/{how}", json={})
            self.threads.remove(thread)
            self.put_away.append(thread)

    def bring_back(self) -> None:
        archived = [thread for thread in self.put_away if self.bus.thread(thread)["status"] == "archived"]
        for thread in archived:
            self.bus.ask("POST", f"/api/threads/{thread}/unarchive")
        self._sort(archived)

    def reopen(self) -> None:
        closed = [thread for thread in self.put_away if self.bus.thread(thread)["status"] == "closed"]
        for thread in closed:
            self.bus.ask("POST", f"/api/threads/{thread}/state", json={"state": "discuss"})
        self._sort(closed)

    def _sort(self, back: list[str]) -> None:
        self.put_away = [thread for thread in self.put_away if thread not in back]
        self.threads += back

    def delete(self) -> None:
        if len(self.threads) > 3 and (thread := self._another()):
            self.bus.ask("DELETE", f"/api/threads/{thread}")
            self.threads.remove(thread)
            self.said = [said for said in self.said if said.thread != thread]

    def _another(self) -> str | None:
        """Return a thread that is not the open one."""
        return self.random.choice(self.threads[1:]) if len(self.threads) > 1 else None

    def set(self) -> None:
        body = {"timeout_seconds": self.random.randint(600, 900), "auto_administrator_enabled": True}
        self.bus.ask("POST", f"/api/threads/{self.thread()}/settings", json=body)

    def switch(self) -> None:
        """Choose another administrator, among those who take part."""
        said = self.message()
        body = {"action": "switch", "candidate_admin_id": said.author.id}
        self.bus.ask("POST", f"/api/threads/{said.thread}/admin/decision", json=body)

    def template(self) -> None:
        if self.templates and self.random.random() < 0.5:
            self.bus.ask("DELETE", f"/api/templates/{self.templates.pop()}")
        else:
            self.templates.append(f"t-{self.number()[2:]}")
            self.bus.ask("POST", "/api/templates", json={"id": self.templates[-1], "name": "Random"})

    def describe(self) -> None:
        agent = self.agent()
        body = {"token": agent.token, "description": f"does {self.number()}", "capabilities": ["a", "b"]}
        self.bus.ask("PUT", f"/api/agents/{agent.id}", agent.token, json=body)

    def read(self) -> None:
        thread = self.thread()
        self.bus.reads(thread, self.bus.thread(thread)["last_seq"])

    def type(self) -> None:
        self.agent().types(self.thread(), is_typing=self.random.random() < 0.5)

    def wait(self) -> None:
        agent, other = self.random.sample(self.agents, 2)
        agent.waits(self.thread(), [other] if self.random.random() < 0.5 else None)

    def hang_up(self) -> None:
        if self.bus.waits:
            self.bus.waits.pop(self.random.randrange(len(self.bus.waits))).end()

    def come(self) -> None:
        self.passers.append(self.bus.agent(f"Passer-by {self.number()}"))

    def leave(self) -> None:
        if self.passers:
            self.passers.pop().leaves()

    def kick(self) -> None:
        agent = self.bus.agent(f"Kicked {self.number()}")
        self.bus.ask("POST", f"/api/agents/{agent.id}/kick")
