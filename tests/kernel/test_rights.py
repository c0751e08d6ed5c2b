"""The table of rights in docs/explanation/security.md is what the bus does; what is in a closed thread stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import BusError, Forbidden, ThreadClosed, Unauthenticated
from agentchatbus.testing import AgentHandle, BusHarness, ClientHandle, MakeBus
from agentchatbus_coordinator import CoordinatorPlugin
from agentchatbus_templates import TemplatesPlugin

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "security.md"
ROLES = ("nobody", "agent", "member", "lead", "person")


def table() -> Mapping[str, tuple[bool, ...]]:
    """Return who may do what as the page says, by operation; in the order of `ROLES`."""
    rows = re.findall(
        r"^\| (`[^|]+) \| (yes|no) \| (yes|no) \| (yes|no) \| (yes|no) \| (yes|no) \|$", PAGE.read_text(), re.MULTILINE
    )
    return {
        name: tuple(cell == "yes" for cell in cells) for row, *cells in rows for name in re.findall(r"`(\w+)`", row)
    }


class Scene:
    """A thread with its administrator, somebody who takes part, and an agent that has nothing to do with it."""

    def __init__(self, bus: BusHarness, lead: AgentHandle, member: AgentHandle, stranger: AgentHandle) -> None:
        self.bus = bus
        self.thread = lead.thread_id
        self.lead = lead
        self.member = member
        self.stranger = stranger
        self.number = 0

    @classmethod
    async def of(cls, make_bus: MakeBus) -> Scene:
        plugins = [
            TemplatesPlugin(TemplatesPlugin.settings_type()),
            CoordinatorPlugin(CoordinatorPlugin.settings_type()),
        ]
        bus = await make_bus(plugins=plugins)
        lead = await bus.agent("Lead", thread_id=None, thread_name="The thread")
        member = await bus.agent("Member", thread_id=lead.thread_id)
        return cls(bus, lead, member, await bus.agent("Stranger"))

    def who(self, role: str) -> ClientHandle:
        clients = {"agent": self.stranger, "member": self.member, "lead": self.lead, "person": self.bus}
        return clients.get(role) or self.bus.guest()

    async def said(self) -> str:
        """Return the id of a message of somebody who is none of the roles."""
        posted = await self.bus.post("hello", thread_id=self.thread, author="Ada")
        message_id: str = posted.message.id
        return message_id

    async def fresh(self) -> int:
        self.number += 1
        return self.number


async def arguments(scene: Scene, operation: str) -> dict[str, Any]:
    """Return arguments with which whoever may do it can do it."""
    thread = {"thread_id": scene.thread}
    of_messages = ("msg_get", "msg_react", "msg_unreact", "msg_edit")
    message = {"message_id": await scene.said()} if operation in of_messages else {}
    number = await scene.fresh()
    more: Mapping[str, Callable[[], dict[str, Any]]] = {
        "msg_react": lambda: {"reaction": "x"},
        "msg_unreact": lambda: {"reaction": "x"},
        "msg_edit": lambda: {"new_content": f"other {number}"},
        "thread_mark_read": lambda: thread | {"seq": 1},
        "agent_set_typing": lambda: thread | {"is_typing": True},
        "agent_register": lambda: {"ide": "Test", "model": "x"},
        "template_create": lambda: {"id": f"t{number}", "name": "T"},
        "thread_set_state": lambda: thread | {"state": "review"},
        "thread_rename": lambda: thread | {"topic": f"Topic {number}"},
        "thread_settings_update": lambda: thread | {"timeout_seconds": 60 + number},
        "thread_delete": lambda: thread | {"confirm": True},
        "agent_kick": lambda: {"agent": scene.member.agent_id},
        "template_delete": lambda: {"template_id": "of-a-person"},
        "token_create": lambda: {"name": "Ada", "scope": "human"},
        "settings_save": lambda: {"SEQ_TOLERANCE": number},
        "thread_admin_decide": lambda: thread | {"action": "switch", "candidate_admin_id": scene.member.agent_id},
    }
    of_threads = ("thread_get", "msg_list", "thread_close", "thread_archive", "thread_unarchive", "close_meeting")
    return message | (thread if operation in of_threads else {}) | more.get(operation, dict)()


async def may(scene: Scene, role: str, operation: str) -> bool:
    try:
        await scene.who(role).call(operation, **await arguments(scene, operation))
    except (Forbidden, Unauthenticated):
        return False
    return True


@pytest.mark.parametrize("operation", sorted(table()))
async def test_the_page_says_who_may_do_what(make_bus: MakeBus, operation: str) -> None:
    """H20."""
    scene = await Scene.of(make_bus)
    await scene.bus.call("template_create", id="of-a-person", name="T")
    found = tuple([await may(scene, role, operation) for role in ROLES])
    assert dict(zip(ROLES, found, strict=True)) == dict(zip(ROLES, table()[operation], strict=True))


def test_the_table_covers_what_changes_threads_and_what_is_for_people() -> None:
    assert len(table()) > 25
    assert {"thread_close", "thread_archive", "template_create", "msg_edit", "agent_kick"} <= table().keys()


@pytest.mark.parametrize("how", ["thread_close", "thread_archive"])
@pytest.mark.parametrize("role", ["member", "person"])
async def test_what_is_in_a_closed_or_archived_thread_stays_as_it_is(make_bus: MakeBus, how: str, role: str) -> None:
    scene = await Scene.of(make_bus)
    message = (await scene.member.post("as it is")).message
    await scene.who(role).call("msg_react", message_id=message.id, reaction="x")
    await scene.bus.call(how, thread_id=scene.thread)
    before = scene.bus.app.bus.feed.newest
    for operation, given in (
        ("msg_edit", {"new_content": "another"}),
        ("msg_react", {"reaction": "y"}),
        ("msg_unreact", {"reaction": "x"}),
    ):
        with pytest.raises(ThreadClosed) as refused:
            await scene.who(role).call(operation, message_id=message.id, **given)
        assert refused.value.details["thread_id"] == scene.thread
    assert scene.bus.app.bus.feed.newest == before
    await scene.bus.call("thread_set_state", thread_id=scene.thread, state="discuss")
    await scene.who(role).call("msg_edit", message_id=message.id, new_content="another")


async def test_an_agent_that_joins_may_close(make_bus: MakeBus) -> None:
    scene = await Scene.of(make_bus)
    with pytest.raises(Forbidden, match="bus_connect"):
        await scene.stranger.call("thread_close", thread_id=scene.thread)
    await scene.stranger.call("bus_connect", thread_id=scene.thread, ide="Test", model="Stranger")
    assert (await scene.stranger.call("thread_close", thread_id=scene.thread)).thread.status == "closed"


async def test_a_thread_that_does_not_exist_is_not_there_for_anybody(make_bus: MakeBus) -> None:
    scene = await Scene.of(make_bus)
    for role in ROLES:
        with pytest.raises(BusError):
            await scene.who(role).call("thread_close", thread_id="nope")
