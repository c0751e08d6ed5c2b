"""Every event is documented, whatever causes it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from agentchatbus.model import HIDDEN
from agentchatbus.plugin_api import BusSettings, Event, EventBody, MessageDraft, ThreadStatus
from agentchatbus.testing import BusHarness, MakeBus, ManualClock
from agentchatbus_templates import TemplatesPlugin
from tests.event_reference import sections, undocumented

ROOT = Path(__file__).parents[1]
PLUGINS = ROOT / "plugins"
SHIPPED = (ROOT / "agentchatbus", PLUGINS)
WITHOUT_EVENTS = {
    "plugin_enable": "there is no quarantine to end; see tests/kernel/test_hook_quarantine.py",
    "sync_context": "a reply token is nobody's business",
    "resource_read": "reads only",
}
"""Operations that change something and of which this conversation makes no event."""


def bodies(kind: type[EventBody] = EventBody) -> Iterator[type[EventBody]]:
    """Yield the events of the bus itself and of the plugins that come with it."""
    for body in kind.__subclasses__():
        file = Path(inspect.getfile(body))
        is_ours = any(map(file.is_relative_to, SHIPPED)) and "testing" not in file.parts
        if is_ours and "type" in vars(body):
            yield body
        yield from bodies(body)


def import_all() -> None:
    """Import everything that may define an event."""
    for path in sorted(PLUGINS.glob("*/__init__.py")):
        package = importlib.import_module(path.parent.name)
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)


def test_every_event_has_a_section_that_names_its_payload() -> None:
    import_all()
    found = {body.type: {item.name for item in fields(body)} for body in bodies()}
    assert {"msg.new", "template.created"} <= found.keys()
    known = {type_: set(sections().get(type_, ())) for type_ in found}
    assert known == found


class Conversation:
    """Asks for one operation after the other and remembers which."""

    def __init__(self, bus: BusHarness) -> None:
        self.bus = bus
        self.asked: set[str] = set()

    async def human(self, name: str, /, **arguments: Any) -> Any:
        """Ask as a person."""
        self.asked.add(name)
        return await self.bus.call(name, **arguments)

    async def happens(self) -> None:
        """Do everything that can be done."""
        nova = await self.bus.agent("Nova")
        bob = (await self.bus.guest().call("agent_register", ide="Test", model="Bob")).agent
        self.asked |= {"agent_register", "bus_connect", "msg_post", "msg_wait"}
        await self.agents(nova, bob.id)
        await self.messages(nova)
        await self.threads(nova)
        await self.others(nova)

    async def agents(self, nova: Any, bob_id: str) -> None:
        """Have an agent live its life, and another one sent away."""
        for name, arguments in (
            ("agent_heartbeat", {}),
            ("agent_update", {"description": "new"}),
            ("agent_set_typing", {"thread_id": self.bus.thread, "is_typing": True}),
            ("agent_resume", {}),
        ):
            self.asked.add(name)
            await nova.call(name, **arguments)
        await self.human("agent_kick", agent=bob_id)

    async def messages(self, nova: Any) -> None:
        """Have messages of every kind, changed in every way."""
        first = (await self.bus.post("for people", metadata={"visibility": "human_only"})).message
        await nova.wait(timeout_ms=0)
        metadata = {"handoff_target": "x", "stop_reason": "complete"}
        message = (await nova.post("hello", metadata=metadata, reply_to_msg_id=first.id)).message
        await self.human("msg_edit", message_id=message.id, new_content="better")
        await self.human("msg_edit", message_id=first.id, new_content="still for people")
        await self.human("msg_react", message_id=message.id, reaction="x")
        await self.human("msg_unreact", message_id=message.id, reaction="x")
        await self.bus.app.bus.editing.annotate(first.id, {"decision": "no"})
        await self.bus.app.bus.messages.post_system(MessageDraft(thread_id=self.bus.thread, content="note"))

    async def threads(self, nova: Any) -> None:
        """Have threads begin, change and end."""
        self.asked |= {"thread_create", "close_meeting"}
        thread = (await nova.call("thread_create", topic="Second", template="brainstorm")).thread.id
        await self.human("thread_mark_read", thread_id=self.bus.thread, seq=1)
        await self.human("sync_context", thread_id=thread)
        await self.human("thread_settings_update", thread_id=thread, timeout_seconds=90)
        await self.bus.app.bus.administration.assign(thread, nova.agent_id, self.person)
        await self.human("thread_rename", thread_id=thread, topic="Better")
        await self.human("thread_set_state", thread_id=thread, state="implement")
        await self.human("thread_archive", thread_id=thread)
        await self.human("thread_unarchive", thread_id=thread)
        await self.bus.app.bus.lifecycle.set_status(thread, ThreadStatus.DISCUSS, self.person)
        await self.bus.app.bus.lifecycle.time_out(thread, 5, last_seq=0)
        await self.human("thread_close", thread_id=thread, summary="done")
        await self.human("thread_set_state", thread_id=thread, state="review")
        await nova.call("close_meeting", thread_id=thread)
        gone = (await nova.call("thread_create", topic="Third")).thread.id
        await self.human("thread_delete", thread_id=gone, confirm=True)

    async def others(self, nova: Any) -> None:
        """Have everything else."""
        granted = await self.human("token_create", name="Ada", scope="human")
        await self.human("token_revoke", token_id=granted.token.id)
        await self.human("template_create", id="mine", name="Mine")
        await self.human("template_delete", template_id="mine")
        await self.human("settings_save", SEQ_TOLERANCE=1)
        self.asked.add("agent_unregister")
        await nova.call("agent_unregister")

    @property
    def person(self) -> Any:
        """A person of this machine."""
        from agentchatbus.testing.harness import PERSON

        return PERSON


async def log_of(bus: BusHarness) -> list[Event]:
    """Return every event so far."""
    await bus.app.bus.announcer.finish()
    return await bus.app.bus.storage.read(lambda tx: tx.events.after(0, 10_000))


async def test_everything_that_can_be_done_causes_documented_events_only(
    make_bus: MakeBus, clock: ManualClock, tmp_path: Path
) -> None:
    """H43."""
    plugins = [TemplatesPlugin(TemplatesPlugin.settings_type())]
    bus = await make_bus(plugins=plugins, clock=clock, settings=BusSettings(data_dir=tmp_path))
    conversation = Conversation(bus)
    await conversation.happens()
    log = await log_of(bus)
    assert [problem for event in log for problem in undocumented(event.type, event.payload)] == []
    changing = {operation.name for operation in bus.app.operations if not operation.read_only}
    assert changing - conversation.asked - WITHOUT_EVENTS.keys() == set()
    assert "still for people" in str(log)
    assert HIDDEN not in str(log)
