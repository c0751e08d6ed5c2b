"""Templates: keeping them, and creating threads from them."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Action,
    BusSettings,
    Caller,
    Conflict,
    Event,
    Forbidden,
    InvalidRequest,
    NotFound,
    Plugin,
    PluginSettings,
    Rejected,
    ThreadDraft,
    ThreadOpened,
    TooLarge,
    hookimpl,
)
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus
from agentchatbus_templates import TemplatesPlugin, TemplatesSettings

BUILTIN = {
    "architecture": "Architecture Discussion",
    "brainstorm": "Brainstorm",
    "code-review": "Code Review",
    "security-audit": "Security Audit",
}


def templates(**settings: Any) -> TemplatesPlugin:
    return TemplatesPlugin(TemplatesSettings(**settings))


async def create(bus: BusHarness, template_id: str = "mine", name: str = "Mine", **fields: Any) -> Any:
    return await bus.call("template_create", id=template_id, name=name, **fields)


async def ids(bus: BusHarness) -> list[str]:
    return [template.id for template in await bus.call("template_list")]


async def open_thread(agent: AgentHandle, topic: str = "New", **fields: Any) -> ThreadOpened:
    proof = {"agent_id": agent.agent_id, "token": agent.token}
    opened: ThreadOpened = await agent.call("thread_create", topic=topic, **proof, **fields)
    return opened


async def events(bus: BusHarness) -> list[Event]:
    found = await bus.app.bus.feed.read(0, 1000)
    return [event for event in found or () if event.type.startswith("template.")]


async def test_four_templates_are_built_in(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    listed = await bus.call("template_list")
    assert {template.id: template.name for template in listed} == BUILTIN
    assert [template.id for template in listed] == list(BUILTIN)
    assert all(template.is_builtin and template.description for template in listed)
    review = await bus.call("template_get", template_id="code-review")
    assert "security" in review.system_prompt
    assert review.default_metadata is None


async def test_custom_templates_come_after_the_built_in_ones_by_name(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus, "one", "zebra")
    await create(bus, "two", "Ant")
    assert await ids(bus) == [*BUILTIN, "two", "one"]


async def test_a_template_is_kept_as_it_was_given(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    metadata = {"labels": ["a", {"b": 1}]}
    await create(bus, description="d", system_prompt="Be brief.", default_metadata=metadata)
    template = await bus.call("template_get", template_id="mine")
    assert (template.name, template.description, template.system_prompt) == ("Mine", "d", "Be brief.")
    assert template.default_metadata == {"labels": ("a", {"b": 1})}
    assert not template.is_builtin
    assert template.created_at == bus.clock.now()


async def test_an_empty_object_of_metadata_is_none(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus, default_metadata={})
    assert (await bus.call("template_get", template_id="mine")).default_metadata is None


@pytest.mark.parametrize("template_id", ["mine", "code-review"])
async def test_an_id_is_taken_once(make_bus: MakeBus, template_id: str) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus)
    with pytest.raises(Conflict, match=f"Template with id '{template_id}' already exists."):
        await create(bus, template_id)
    assert len(await events(bus)) == 1


@pytest.mark.parametrize("template_id", ["", " ", "a b", "a/b", "..", ".", "-x", "ä", "x" * 65, "a\n"])
async def test_an_id_has_to_be_one_that_can_be_addressed(make_bus: MakeBus, template_id: str) -> None:
    """H65, M16: the reference took an empty id, and that template could never be reached again."""
    bus = await make_bus(plugins=[templates()])
    with pytest.raises(InvalidRequest, match="1 to 64 letters, digits"):
        await create(bus, template_id)
    assert await ids(bus) == list(BUILTIN)


async def test_ids_may_hold_dots_dashes_and_underscores(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus, "Team_1.bug-hunt")
    assert "Team_1.bug-hunt" in await ids(bus)


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "\u202egnp"])
async def test_a_name_is_one_line_that_can_be_read(make_bus: MakeBus, name: str) -> None:
    bus = await make_bus(plugins=[templates()])
    with pytest.raises(InvalidRequest, match="name must not"):
        await create(bus, name=name)
    await create(bus, name="Family 👩\u200d👧")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x" * 201},
        {"description": "x" * 4001},
        {"system_prompt": "ü" * 60},
        {"default_metadata": {"x": "y" * 100}},
    ],
)
async def test_templates_have_the_limits_of_threads(make_bus: MakeBus, fields: dict[str, Any]) -> None:
    """M19: nothing of a template had a limit."""
    bus = await make_bus(plugins=[templates()], settings=BusSettings(max_content_bytes=100, max_metadata_bytes=100))
    with pytest.raises(TooLarge):
        await create(bus, **fields)
    await create(bus, system_prompt="ü" * 50)


async def test_metadata_that_no_thread_could_have_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"deeper": [deep]}
    with pytest.raises(InvalidRequest, match="32 levels"):
        await create(bus, default_metadata=deep)
    with pytest.raises(InvalidRequest, match="no valid JSON"):
        await create(bus, default_metadata={"x": float("nan")})


async def test_there_are_only_so_many_templates(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates(max_templates=1)])
    await create(bus, "first")
    with pytest.raises(Conflict, match="delete one first"):
        await create(bus, "second")
    await bus.call("template_delete", template_id="first")
    await create(bus, "second")


async def test_people_delete_templates(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus)
    await bus.call("template_delete", template_id="mine")
    assert await ids(bus) == list(BUILTIN)
    with pytest.raises(NotFound, match="Template 'mine' not found"):
        await bus.call("template_delete", template_id="mine")


async def test_agents_delete_only_templates_that_they_made(make_bus: MakeBus) -> None:
    """M16: everybody deleted what others had made."""
    bus = await make_bus(plugins=[templates()])
    maker, other = await bus.agent("Maker"), await bus.agent("Other")
    await maker.call("template_create", id="mine", name="Mine", agent_id=maker.agent_id, token=maker.token)
    for client in (other, bus.guest()):
        with pytest.raises(Forbidden, match="by people and by the agent that created it"):
            await client.call("template_delete", template_id="mine")
    await maker.call("template_delete", template_id="mine")
    assert await ids(bus) == list(BUILTIN)


async def test_a_built_in_template_cannot_be_deleted(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    with pytest.raises(Forbidden, match="Template 'brainstorm' is built-in and cannot be deleted"):
        await bus.call("template_delete", template_id="brainstorm")


async def test_changes_are_events(make_bus: MakeBus) -> None:
    """H43: changes of templates emitted nothing."""
    bus = await make_bus(plugins=[templates()])
    await create(bus, description="d", system_prompt="for agents of the thread")
    await bus.call("template_delete", template_id="mine")
    created, deleted = await events(bus)
    assert created.type == "template.created"
    row = dict(created.payload["template"])
    assert row.pop("created_at").startswith("2030-01-01T12:00:00")
    assert created.payload["template_id"] == "mine"
    assert row == {"id": "mine", "name": "Mine", "description": "d", "is_builtin": False}
    assert (deleted.type, dict(deleted.payload)) == ("template.deleted", {"template_id": "mine"})


async def test_a_thread_takes_over_what_its_creator_left_open(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus, system_prompt="Be brief.", default_metadata={"team": "a"})
    opened = await open_thread(await bus.agent("A"), template="mine")
    thread = opened.thread
    assert (thread.template_id, thread.system_prompt, thread.metadata) == ("mine", "Be brief.", {"team": "a"})


@pytest.mark.parametrize("prompt", ["My own.", ""])
async def test_what_the_creator_says_wins(make_bus: MakeBus, prompt: str) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus, system_prompt="Be brief.", default_metadata={"team": "a", "kept": True})
    agent = await bus.agent("A")
    thread = (await open_thread(agent, template="mine", system_prompt=prompt)).thread
    assert (thread.system_prompt, thread.metadata) == (prompt, {"team": "a", "kept": True})
    thread = (await open_thread(agent, "Other", template="mine", metadata={"team": "b"})).thread
    assert (thread.system_prompt, thread.metadata) == ("Be brief.", {"team": "b"})


async def test_a_thread_keeps_what_it_took_over(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    await create(bus, system_prompt="Be brief.")
    opened = await open_thread(await bus.agent("A"), template="mine")
    await bus.call("template_delete", template_id="mine")
    thread = await bus.call("thread_get", thread_id=opened.thread.id)
    assert (thread.template_id, thread.system_prompt) == ("mine", "Be brief.")


async def test_an_unknown_template_is_an_error_also_for_a_topic_that_exists(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    agent = await bus.agent("A")
    for topic in ("New", "Under test"):
        with pytest.raises(NotFound, match="Thread template 'nope' not found") as refused:
            await open_thread(agent, topic, template="nope")
        assert refused.value.details == {"kind": "template", "id": "nope"}


async def test_a_blank_template_is_none(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    thread = (await open_thread(await bus.agent("A"), template="")).thread
    assert (thread.template_id, thread.system_prompt) == (None, None)


async def test_joining_a_new_thread_applies_a_template_too(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    join = {"thread_name": "New", "template": "brainstorm"}
    joined = await bus.guest().call("bus_connect", **join)
    assert joined.opened.thread.template_id == "brainstorm"
    assert "ideas" in joined.opened.thread.system_prompt
    again = await bus.guest().call("bus_connect", **join | {"template": "nope"})
    assert again.opened.thread.template_id == "brainstorm"


async def test_other_plugins_see_the_texts_of_the_template(make_bus: MakeBus) -> None:
    watch = Watch(PluginSettings())
    bus = await make_bus(plugins=[watch, templates()])
    await open_thread(await bus.agent("A"), template="code-review")
    assert watch.prompts
    assert "reviews code" in watch.prompts[-1]


@pytest.mark.parametrize("field", ["name", "description", "system_prompt", "default_metadata"])
async def test_gates_see_every_text_of_a_template(make_bus: MakeBus, field: str) -> None:
    """M14, H26: templates made over MCP were not filtered."""
    bus = await make_bus(plugins=[NoBananas(PluginSettings()), templates()])
    text: Any = {"fruit": "banana"} if field == "default_metadata" else "banana"
    with pytest.raises(Rejected):
        await create(bus, **{"name": "Mine", field: text})
    assert await ids(bus) == list(BUILTIN)


class Watch(Plugin[PluginSettings]):
    """Remembers the system prompts of new threads."""

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self.prompts: list[str] = []

    @hookimpl
    async def transform_thread(self, draft: ThreadDraft, caller: Caller) -> None:
        self.prompts.append(draft.system_prompt or "")


class NoBananas(Plugin[PluginSettings]):
    """Refuses a word, wherever it stands."""

    @hookimpl
    async def check_action(self, action: Action) -> None:
        if "banana" in str(action.arguments):
            raise Rejected("No bananas here.")
