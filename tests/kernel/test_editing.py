"""Changing stored messages: edits, their history, annotations, reactions."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from agentchatbus.plugin_api import (
    HIDDEN,
    Caller,
    Forbidden,
    InvalidRequest,
    MessageDraft,
    NotFound,
    Plugin,
    PluginSettings,
    Rejected,
    TooLarge,
    Unauthenticated,
    hookimpl,
)
from agentchatbus.testing import BusHarness, MakeBus

SECRET_PLAN = {"visibility": "human_only"}


class Loud(Plugin[PluginSettings]):
    """Writes everything in capitals, and will not have tomatoes."""

    @hookimpl
    async def transform_message(self, draft: MessageDraft) -> MessageDraft:
        return replace(draft, content=draft.content.upper())

    @hookimpl
    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        if "TOMATO" in draft.content:
            raise Rejected("No tomatoes.")


async def last_event(bus: BusHarness) -> tuple[str, dict[str, object]]:
    events = await bus.app.bus.feed.read(0, 1000)
    assert events
    return events[-1].type, dict(events[-1].payload)


async def test_an_author_edits_its_message_and_the_history_keeps_the_old_text(make_bus: MakeBus) -> None:
    """M: agents could not edit their own messages, anybody unbound could edit everything."""
    bus = await make_bus()
    agent = await bus.agent("Nova")
    posted = (await agent.post("Teh plan")).message
    bus.clock.advance(5)
    edited = await agent.call("msg_edit", message_id=posted.id, new_content=" The plan ")
    message = edited.message
    assert (edited.changed, message.content, message.edit_version, message.seq) == (True, "The plan", 1, posted.seq)
    assert message.edited_at == bus.clock.now()
    history = await agent.call("msg_edit_history", message_id=posted.id)
    assert [(edit.version, edit.old_content, edit.edited_by) for edit in history.edits] == [(1, "Teh plan", agent.name)]
    kind, payload = await last_event(bus)
    assert (kind, payload["version"], payload["message"]["content"]) == ("msg.edit", 1, "The plan")


async def test_the_same_text_again_is_no_edit(make_bus: MakeBus) -> None:
    bus = await make_bus()
    posted = (await bus.post("As it is")).message
    edited = await bus.call("msg_edit", message_id=posted.id, new_content="As it is")
    assert (edited.changed, edited.message.edit_version) == (False, 0)


async def test_edits_pass_the_same_plugins_as_posts(make_bus: MakeBus) -> None:
    """H26: edits were not filtered."""
    bus = await make_bus(plugins=[Loud(PluginSettings())])
    posted = (await bus.post("quiet")).message
    edited = await bus.call("msg_edit", message_id=posted.id, new_content="still quiet")
    assert edited.message.content == "STILL QUIET"
    with pytest.raises(Rejected):
        await bus.call("msg_edit", message_id=posted.id, new_content="a tomato")
    assert (await bus.messages())[0].content == "STILL QUIET"


async def test_others_edit_nothing_and_people_everything_but_system_messages(make_bus: MakeBus) -> None:
    """H20: anybody could edit any message."""
    bus = await make_bus()
    author, other = await bus.agent("Nova"), await bus.agent("Orion")
    posted = (await author.post("Mine")).message
    with pytest.raises(Forbidden, match="Only the original author"):
        await other.call("msg_edit", message_id=posted.id, new_content="Hers")
    with pytest.raises(Unauthenticated):
        await bus.guest().call("msg_edit", message_id=posted.id, new_content="Nobody's")
    assert (await bus.call("msg_edit", message_id=posted.id, new_content="Ours")).changed
    system = await bus.app.bus.messages.post_system(MessageDraft(thread_id=bus.thread, content="By the bus"))
    with pytest.raises(Forbidden, match="System messages cannot be edited"):
        await bus.call("msg_edit", message_id=system.id, new_content="Forged")


@pytest.mark.parametrize("arguments", [{"new_content": "  "}, {"message_id": " "}])
async def test_an_edit_needs_both_its_arguments(make_bus: MakeBus, arguments: dict[str, str]) -> None:
    bus = await make_bus()
    posted = (await bus.post("Text")).message
    with pytest.raises(InvalidRequest, match="message_id and new_content are required"):
        await bus.call("msg_edit", **({"message_id": posted.id, "new_content": "New"} | arguments))


async def test_an_edit_keeps_the_limits_of_a_post(make_bus: MakeBus) -> None:
    bus = await make_bus()
    posted = (await bus.post("Text")).message
    with pytest.raises(TooLarge):
        await bus.call("msg_edit", message_id=posted.id, new_content="x" * 300_000)
    with pytest.raises(NotFound):
        await bus.call("msg_edit", message_id="nope", new_content="New")


async def test_agents_see_nothing_of_what_is_for_humans_only(make_bus: MakeBus) -> None:
    """H29: human-only was only a label."""
    bus = await make_bus()
    agent = await bus.agent("Nova")
    posted = (await bus.post("Fire the agent", metadata=SECRET_PLAN)).message
    await bus.call("msg_edit", message_id=posted.id, new_content="Promote the agent")
    seen = await agent.call("msg_get", message_id=posted.id)
    history = await agent.call("msg_edit_history", message_id=posted.id)
    assert (seen.content, seen.metadata["content_hidden"]) == (HIDDEN, True)
    assert (history.message.content, history.edits[0].old_content) == (HIDDEN, HIDDEN)
    assert (await bus.call("msg_edit_history", message_id=posted.id)).edits[0].old_content == "Fire the agent"


async def test_an_annotation_changes_metadata_only_and_only_once_where_asked(make_bus: MakeBus) -> None:
    bus = await make_bus()
    posted = (await bus.post("A card", metadata={"ui_type": "card", "draft": True})).message
    annotate = bus.app.bus.editing.annotate
    outcomes = await asyncio.gather(
        *(annotate(posted.id, {"decision_action": name, "draft": None}, unless="decision_action") for name in "ab")
    )
    assert [outcome.changed for outcome in outcomes] == [True, False]
    message = await bus.call("msg_get", message_id=posted.id)
    assert (dict(message.metadata), message.edit_version) == ({"ui_type": "card", "decision_action": "a"}, 0)
    assert (await last_event(bus))[0] == "msg.updated"


async def test_an_edit_keeps_what_was_written_beside_the_text_meanwhile(make_bus: MakeBus) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    class Slow(Plugin[PluginSettings]):
        @hookimpl
        async def check_message(self, draft: MessageDraft) -> None:
            if draft.content == "New":
                reached.set()
                await go.wait()

    bus = await make_bus(plugins=[Slow(PluginSettings())])
    posted = (await bus.post("Old", metadata={"ui_type": "card"})).message
    editing = asyncio.create_task(bus.call("msg_edit", message_id=posted.id, new_content="New"))
    await reached.wait()
    await bus.app.bus.editing.annotate(posted.id, {"decision_status": "resolved"})
    go.set()
    message = (await editing).message
    assert (message.content, dict(message.metadata)) == ("New", {"ui_type": "card", "decision_status": "resolved"})


async def test_a_reaction_is_stored_once_listed_and_taken_back(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    posted = (await bus.post("Agreed?")).message
    first = await agent.call("msg_react", message_id=posted.id, reaction=" 👍 ")
    again = await agent.call("msg_react", message_id=posted.id, reaction="👍")
    await bus.call("msg_react", message_id=posted.id, reaction="a/b")
    assert (first.created, again.created, first.reaction) == (True, False, again.reaction)
    (message,) = await agent.call("msg_list", thread_id=bus.thread, include_system_prompt=False)
    assert [(item.agent_id, item.agent_name, item.reaction) for item in message.reactions] == [
        (agent.agent_id, agent.name, "👍"),
        ("human", None, "a/b"),
    ]
    assert (await bus.call("msg_unreact", message_id=posted.id, reaction="a/b")).agent_id == "human"
    assert (await agent.call("msg_unreact", message_id=posted.id, reaction="👍")).removed
    assert not (await agent.call("msg_unreact", message_id=posted.id, reaction="👍")).removed
    kind, payload = await last_event(bus)
    assert (kind, payload["thread_id"], payload["agent_id"]) == ("msg.unreact", bus.thread, agent.agent_id)


async def test_a_reaction_tells_its_thread(make_bus: MakeBus) -> None:
    """H43: reactions carried no thread id."""
    bus = await make_bus()
    posted = (await bus.post("Agreed?")).message
    await bus.call("msg_react", message_id=posted.id, reaction="👍")
    kind, payload = await last_event(bus)
    assert (kind, payload["thread_id"], payload["agent_id"]) == ("msg.react", bus.thread, "human")


async def test_bad_reactions_are_refused(make_bus: MakeBus) -> None:
    bus = await make_bus()
    posted = (await bus.post("Agreed?")).message
    with pytest.raises(InvalidRequest, match="non-empty"):
        await bus.call("msg_react", message_id=posted.id, reaction="  ")
    with pytest.raises(TooLarge):
        await bus.call("msg_react", message_id=posted.id, reaction="x" * 65)
    with pytest.raises(NotFound):
        await bus.call("msg_react", message_id="nope", reaction="👍")
    with pytest.raises(Unauthenticated):
        await bus.guest().call("msg_react", message_id=posted.id, reaction="👍")
    with pytest.raises(NotFound):
        await bus.call("reaction_list", message_id="nope")
    assert not (await bus.call("msg_unreact", message_id="nope", reaction="👍")).removed
