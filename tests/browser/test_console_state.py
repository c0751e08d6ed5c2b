"""The state that events make is the state that a fresh load shows."""

from __future__ import annotations

import random
from typing import Any

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OpenPage

OPERATIONS = 250
STATE = """() => {
  const { threads, agents, waits, logs, asks, me } = agentchatbus.session.state;
  const sorted = (map, row) => Object.fromEntries(Object.keys(map).sort().map((key) => [key, row(map[key])]));
  const same = (row) => JSON.parse(JSON.stringify(row));
  return {
    threads: sorted(threads, (thread) => ({ ...same(thread), participants: sorted(thread.participants, same) })),
    agents: sorted(agents, ({ id, name, display_name, emoji, description, capabilities, is_offline, last_activity }) =>
      ({ id, name, display_name, emoji, description, capabilities, is_offline, last_activity })),
    waits: sorted(waits, same),
    logs: sorted(logs, ({ messages }) => messages.slice(-30).map(({ author_emoji, ...rest }) => rest)),
    asks: Object.values(asks)
      .filter(({ message: { seq, thread_id: id } }) => seq > (threads[id].participants[me.name]?.read_seq ?? 0))
      .map(({ message }) => message.id).sort(),
    me: me.name,
  };
}"""


class Crowd:
    """Agents that do random things in a few threads."""

    def __init__(self, bus: Bus, seed: int) -> None:
        self.bus = bus
        self.random = random.Random(seed)
        self.agents = [bus.agent(f"Crowd {number}") for number in range(4)]
        self.open = self.agents[0].creates("Crowd: the open thread")
        self.threads = [self.open, self.agents[1].creates("Crowd: another thread")]
        self.messages: list[tuple[Agent, dict[str, Any]]] = []
        self.number = 0
        self.say()

    def agent(self) -> Agent:
        return self.random.choice(self.agents)

    def thread(self) -> str:
        return self.random.choice([self.open, *self.threads])

    def say(self) -> None:
        author, self.number = self.agent(), self.number + 1
        content = self.random.choice(["plain"] * 9 + ["**strong** é 😀", "@human please", "x" * 300])
        self.messages.append((author, author.says(self.thread(), f"{self.number} {content}")))

    def say_as_human(self) -> None:
        self.bus.say(self.thread(), f"human {self.number}")

    def react(self) -> None:
        self.agent().reacts(self.random.choice(self.messages)[1], self.random.choice(["👍", "ok", "no"]))

    def edit(self) -> None:
        author, message = self.random.choice(self.messages)
        author.edits(message, f"edited {self.random.random()}")

    def unreact(self) -> None:
        agent, (_, message) = self.agent(), self.random.choice(self.messages)
        params = {"reaction": "ok", "agent_id": agent.id}
        self.bus.ask("DELETE", f"/api/messages/{message['id']}/reactions", agent.token, params=params)

    def create(self) -> None:
        self.number += 1
        self.threads.append(self.agent().creates(f"Crowd: thread {self.number}"))

    def rename(self) -> None:
        topic = f"Crowd: renamed {self.random.random()}"
        self.bus.ask("POST", f"/api/threads/{self.random.choice(self.threads)}/rename", json={"topic": topic})

    def change_state(self) -> None:
        state = self.random.choice(["discuss", "implement", "review"])
        self.bus.ask("POST", f"/api/threads/{self.thread()}/state", json={"state": state})

    def delete(self) -> None:
        if len(self.threads) > 3:
            thread = self.threads.pop()
            self.bus.ask("DELETE", f"/api/threads/{thread}")
            self.messages = [item for item in self.messages if self._is_there(item[1])]

    def describe(self) -> None:
        agent = self.agent()
        body = {"token": agent.token, "description": f"does {self.random.random()}", "capabilities": ["a", "b"]}
        self.bus.ask("PUT", f"/api/agents/{agent.id}", agent.token, json=body)

    def read(self) -> None:
        thread = self.thread()
        seq = self.bus.ask("GET", f"/api/threads/{thread}")["last_seq"]
        self.bus.ask("POST", f"/api/threads/{thread}/read", json={"seq": seq})

    def come_and_go(self) -> None:
        self.number += 1
        agent = self.bus.agent(f"Passer-by {self.number}")
        if self.random.random() < 0.6:
            agent.leaves()

    def step(self) -> None:
        often = [self.say] * 8 + [self.react, self.edit, self.say_as_human, self.read] * 2
        self.random.choice([*often, self.unreact, self.create, self.rename, self.change_state, self.delete,
                            self.describe, self.come_and_go])()  # fmt: skip

    def _is_there(self, message: dict[str, Any]) -> bool:
        return self.bus.http.get(f"/api/messages/{message['id']}").is_success


def test_the_state_after_events_is_the_state_after_a_reload(bus: Bus, open_page: OpenPage) -> None:
    crowd = Crowd(bus, seed=7)
    page = open_page(f"{bus.url}/#thread/{crowd.open}")
    page.wait_for_selector(".message")
    page.wait_for_load_state("networkidle")
    for _ in range(OPERATIONS):
        crowd.step()
    bus.agent("Crowd: the last one to come")
    page.locator(".agent-name", has_text="the last one to come").wait_for()
    page.evaluate("agentchatbus.session.flushRead()")
    page.wait_for_load_state("networkidle")
    by_events = page.evaluate(STATE)
    page.reload()
    page.wait_for_selector(".message")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    by_load = page.evaluate(STATE)
    for key in by_load:
        assert by_events[key] == by_load[key], key
