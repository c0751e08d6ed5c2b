"""What the event stream says when things happen, as clients of old read it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from agentchatbus.testing import MakeBus, ManualClock
from agentchatbus_templates import TemplatesPlugin
from tests.contract.drivers import events
from tests.contract.site import SECONDS, Site, client
from tests.contract.surface import EVENTS
from tests.contract.worlds import World
from tests.test_events import Conversation, log_of

BY_ITSELF = {"thread.timeout"}
"""What only the passing of time brings about; shown in the process."""

OF_READERS = {"thread.read", "thread.joined"}
"""What happens to those who take part, beside what happens to the thread."""


@dataclass
class Listener:
    """Follows ``/events`` of a thread or of the whole bus in a thread of its own."""

    site: Site
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, last: str) -> None:
        """Listen until an agent of this name comes."""
        with client(self.site.url) as http, http.stream("GET", "/events") as stream:
            self.ready.set()
            for name, data in events(stream.iter_lines()):
                self.heard.append((name, json.loads(data)))
                if last in data and '"agent.online"' in data:
                    break
        self.over.set()


@contextmanager
def listening(site: Site, world: World) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Collect what happens inside the block."""
    listener, last = Listener(site), f"last of {world.mark}"
    threading.Thread(target=listener.run, args=(last,), daemon=True).start()
    assert listener.ready.wait(SECONDS)
    yield listener.heard
    world.agent(last)
    assert listener.over.wait(SECONDS)


def everything(site: Site, w: World) -> None:
    """Have everything happen that a stream tells of."""
    nova, thread = w.nova.proof, f"/api/threads/{w.thread}"
    metadata = {"handoff_target": w.orion.id, "stop_reason": "complete"}
    said = w.say("hello", w.nova, metadata=metadata, reply_to_msg_id=w.human_message)
    message = f"/api/messages/{said['id']}"
    site.ask("PUT", message, token=w.nova.token, json={"content": "better", "edited_by": w.nova.name})
    site.ask("POST", f"{message}/reactions", json={"agent_id": "human", "reaction": "x"})
    site.ask("DELETE", f"{message}/reactions/x", params={"agent_id": "human"})
    site.ask("POST", f"{thread}/typing", token=w.nova.token, json={"agent_id": w.nova.id, "is_typing": True})
    site.ask("POST", f"{thread}/settings", json={"timeout_seconds": 90})
    w.say("here", w.orion)
    decision = {"action": "switch", "candidate_admin_id": w.orion.id}
    site.ask("POST", f"{thread}/admin/decision", json=decision)
    site.ask("POST", f"{thread}/state", json={"state": "review"})
    site.ask("POST", f"{thread}/archive")
    site.ask("POST", f"{thread}/unarchive")
    site.ask("POST", f"{thread}/close", json={"summary": "bye"})
    site.ask("DELETE", thread)
    site.ask("PUT", f"/api/agents/{w.nova.id}", json={"token": w.nova.token, "description": "new"})
    site.ask("DELETE", f"/api/templates/{w.template}")
    site.ask("POST", f"/api/agents/{w.orion.id}/kick")
    site.ask("POST", "/api/agents/unregister", json=nova)


def test_every_event_has_its_name_and_its_keys(site: Site, world: World) -> None:
    with listening(site, world) as heard:
        everything(site, world)
    assert {name for name, _ in heard} == {"message"}
    found = {frame["type"]: frame["payload"] for _, frame in heard}
    assert EVENTS.keys() - BY_ITSELF - found.keys() == set()
    missing = {kind: set(EVENTS[kind].split()) - found[kind].keys() for kind in EVENTS.keys() & found.keys()}
    assert {kind: keys for kind, keys in missing.items() if keys} == {}


def test_events_come_in_the_order_in_which_things_happened(site: Site, world: World) -> None:
    with listening(site, world) as heard:
        everything(site, world)
    kinds = [frame["type"] for _, frame in heard]
    told = [kind for kind in kinds if kind.startswith("thread.") and kind != "thread.updated"]
    assert [kind for kind in told if kind not in OF_READERS] == [
        "thread.new",
        "thread.settings",
        "thread.admin",
        "thread.state",
        "thread.state",
        "thread.archived",
        "thread.state",
        "thread.unarchived",
        "thread.closed",
        "thread.deleted",
    ]
    first = kinds.index("msg.handoff") - 1
    assert kinds[first : first + 4] == ["msg.new", "msg.handoff", "msg.stop", "msg.reply"]


async def test_every_event_of_the_bus_is_in_the_contract_or_says_of_itself_what_it_is(
    make_bus: MakeBus, clock: ManualClock
) -> None:
    bus = await make_bus(plugins=[TemplatesPlugin(TemplatesPlugin.settings_type())], clock=clock)
    await Conversation(bus).happens()
    found = {event.type: event.payload for event in await log_of(bus)}
    assert EVENTS.keys() - found.keys() == set()
    missing = {kind: set(EVENTS[kind].split()) - found[kind].keys() for kind in EVENTS}
    assert {kind: keys for kind, keys in missing.items() if keys} == {}


@pytest.mark.parametrize("kind", ["msg.new", "msg.edit"])
async def test_the_beginning_of_a_text_is_in_its_event(make_bus: MakeBus, kind: str) -> None:
    bus = await make_bus()
    posted = await bus.post("x" * 300)
    await bus.call("msg_edit", message_id=posted.message.id, new_content="y" * 300)
    [event] = [event for event in await log_of(bus) if event.type == kind]
    assert len(event.payload["content"]) == 200
    assert len(event.payload["message"]["content"]) == 300
